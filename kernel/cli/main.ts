#!/usr/bin/env node
// kernel/cli/: the command line.
/** The `masklet` command: the kernel's work from a terminal or a script. */
import '../runtime/requireNode';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { EXPORT_FORMATS, IMPORT_FORMATS, ROUND_TRIP_FORMATS } from '../../shared/formats';
import { withDefaults } from '../../shared/protocol/settings';
import type { Direction } from '../../shared/domain/annotations';
import type { KernelSettings } from '../../shared/protocol/settings';
import { version } from '../runtime/version';
import { audit, type AuditCommandOptions } from './commands/audit';
import { batch, type BatchCommandOptions } from './commands/batch';
import { submitBatch, type SlurmCommandOptions } from './commands/batchSlurm';
import { check } from './commands/check';
import { compare, type CompareCommandOptions } from './commands/compare';
import { diff } from './commands/diff';
import { addCudaCommands } from './commands/cuda';
import { doctor } from './commands/doctor';
import { providers } from './commands/providers';
import { exportClips, type ExportCommandOptions } from './commands/export';
import { gold, type GoldCommandOptions } from './commands/gold';
import { importMasks, type ImportCommandOptions } from './commands/import';
import { info } from './commands/info';
import { changeLabels, listLabels, type RelabelOptions } from './commands/labels';
import { masks } from './commands/masks';
import { merge, type MergeCommandOptions } from './commands/merge';
import { downloadModel, importModel, listModels, removeModel, verifyModel } from './commands/models';
import { open, type OpenCommandOptions } from './commands/open';
import { propose, type ProposeOptions } from './commands/propose';
import { propagate, type PropagateCommandOptions } from './commands/propagate';
import { notes, review, type NotesOptions } from './commands/review';
import { roundTrip, type RoundTripCommandOptions } from './commands/roundtrip';
import { sample } from './commands/sample';
import { score } from './commands/score';
import { segment } from './commands/segment';
import { verify, type VerifyCommandOptions } from './commands/verify';
import { split } from './commands/split';
import { grammarOf } from './grammar';
import { EXIT } from '../../shared/protocol/exitCodes';
import { qualities, type Quality } from '../../shared/domain/annotations';
import { printError, usageError } from './output';

interface CommonOptions {
  readonly json?: boolean;
  readonly dataDir?: string;
  readonly ffmpeg?: string;
  readonly threads?: string;
  readonly modelDir?: string;
  readonly quality?: Quality;
}

type BatchOptions = CommonOptions &
  Omit<BatchCommandOptions, 'settings'> &
  Omit<SlurmCommandOptions, 'json'> & { readonly slurm: boolean };

/** The operands before and after a `--`; commander gives them as one list. */
function atDashes(
  program: Command & { readonly rawArgs?: readonly string[] },
  all: readonly string[],
): { operands: string[]; afterDashes: string[] } {
  const { rawArgs = [] } = program;
  const dashes = rawArgs.indexOf('--');
  const count = dashes < 0 ? 0 : rawArgs.length - dashes - 1;
  return { operands: all.slice(0, all.length - count), afterDashes: all.slice(all.length - count) };
}

const EXIT_CODES = `
Exit codes:
  0    done
  1    failed for another reason than those below
  2    wrong usage of the command line
  3    the input was refused: the video, a prompt, an object, a sidecar
  4    something is missing on this machine: ffmpeg, a model (see: masklet doctor)
  5    the annotations could not be read or written
  129  merge: not done, so that git gives the merge up
  130  stopped with Ctrl-C; what was done is saved
`;

const collect = (value: string, list: string[]): string[] => [...list, value];

function settingsOf({ dataDir, ffmpeg, threads, modelDir, quality }: CommonOptions): Partial<KernelSettings> {
  return withDefaults({
    ...callersSettings(),
    // The kernel does not run in the folder that these are given in.
    ...(dataDir ? { dataDir: resolve(dataDir) } : {}),
    ...(modelDir ? { modelDir: resolve(modelDir) } : {}),
    ...(ffmpeg ? { ffmpegPath: /[\\/]/.test(ffmpeg) ? resolve(ffmpeg) : ffmpeg } : {}),
    ...(threads ? { threads: Number(threads) } : {}),
    ...(quality ? { quality } : {}),
  });
}

/** Those of the program that runs the command, such as VS Code. */
function callersSettings(): Partial<KernelSettings> {
  return JSON.parse(process.env.MASKLET_KERNEL_SETTINGS ?? '{}') as Partial<KernelSettings>;
}

function common(command: Command): Command {
  return command
    .option('--json', 'print the result, or {"error": ...}, as JSON on standard output')
    .option('--ffmpeg <file>', 'the ffmpeg to use')
    .option('--threads <n>', 'threads that one run of the model uses (default: as many as there are cores)')
    .option('--data-dir <dir>', 'keep database and sidecars here instead of beside the video')
    .option('--model-dir <dir>', 'where downloaded and imported models are (default: in your cache folder)')
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride();
}

function qualityOption(): Option {
  return new Option(
    '--quality <quality>',
    'what the built-in model may cost, and gives; see docs/encoder.md (default: balanced)',
  ).choices(qualities);
}

/** The options of commands that propagate. */
function propagating(command: Command): Command {
  return command
    .addOption(qualityOption())
    .addOption(takeOverOption())
    .addOption(
      new Option('--direction <direction>', 'which way to propagate from the prompts')
        .choices(['forward', 'backward', 'both'])
        .default('both'),
    )
    .option('--range <A:B>', 'only these frames, both ends included')
    .option('--model <id>', 'the model to use')
    .option('--force', 'compute masks again that are up to date', false);
}

/** Of commands that write annotations. */
function takeOverOption(): Option {
  return new Option(
    '--take-over <answer>',
    'annotations of a video with the same content that is no longer there: take them over, or leave them alone (default: the command asks by failing)',
  ).choices(['yes', 'no']);
}

/** Which parts of the annotations a command works on. */
function selection(command: Command): Command {
  return command
    .option('--frames <which>', 'all, every:N, or verified: frames whose masks are all verified', 'all')
    .option(
      '--split [file.json]',
      '{"train": ["clip.mp4"], "val": [...]}, without a file .masklet/splits.json: other clips are left out; none: all are in train (default: by .masklet/splits.json where it exists, other clips in train)',
    )
    .option('--labels <a,b>', 'only objects with these labels; classes are numbered in this order')
    .addOption(
      new Option(
        '--shapes <kind>',
        'for coco, cvat and labelme: exact masks, or polygons (default: masks)',
      ).choices(['masks', 'polygons']),
    );
}

function program(): Command {
  const masklet = new Command('masklet')
    .description('Turns videos into segmentation datasets with SAM 2.')
    .version(version)
    .addHelpText('after', EXIT_CODES)
    .exitOverride();

  common(masklet.command('info').argument('<video>', 'a video file, or a folder of numbered images'))
    .description('what a video is: frames, size, times, codec, identity')
    .option('--no-hash', 'leave out the SHA-256, which reads the whole file')
    .action((video: string, options: CommonOptions & { hash: boolean }) =>
      info(video, { json: options.json ?? false, hash: options.hash, settings: settingsOf(options) }),
    );

  common(masklet.command('sample').argument('<file.mp4>', 'the clip to write'))
    .description('render a short clip with a fish in it, to try Masklet on')
    .action((file: string, options: CommonOptions) =>
      sample(file, { json: options.json ?? false, settings: settingsOf(options) }),
    );

  propagating(
    common(masklet.command('segment').argument('<video>', 'a video file, or a folder of numbered images'))
      .description('segment an object and follow it through the clip; saves to the database and the sidecar')
      .option('--box <F:x0,y0,x1,y1>', 'a box around the object on frame F; repeatable', collect, [])
      .option(
        '--point <F:x,y[,0|1]>',
        'a point on (1) or outside (0) the object on frame F; repeatable',
        collect,
        [],
      )
      .option('--mask <F:FILE.png>', "the object's mask on frame F; repeatable", collect, [])
      .option('--prompts <file.json>', 'prompts of several objects in a file')
      .option(
        '--object <id>',
        'the object that the prompts are for (default: the one with these prompts, or a new one)',
      )
      .option('--label <name>', "the object's label"),
  )
    .option(
      '--accept-changed-video',
      'continue although the video was replaced since it was annotated',
      false,
    )
    .action(
      (
        video: string,
        options: CommonOptions & {
          box: string[];
          point: string[];
          mask: string[];
          prompts?: string;
          object?: string;
          label?: string;
          direction: Direction | 'both';
          range?: string;
          model?: string;
          force: boolean;
          acceptChangedVideo: boolean;
          takeOver?: 'yes' | 'no';
        },
      ) => segment(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  propagating(
    common(masklet.command('propagate').argument('<video>', 'a video with prompts'))
      .description('propagate the existing prompts through the clip; saves to the database and the sidecar')
      .option('--object <id>', 'only this object; repeatable', collect, []),
  ).action((video: string, options: CommonOptions & Omit<PropagateCommandOptions, 'settings'>) =>
    propagate(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
  );

  common(masklet.command('propose').argument('<video>', 'a video file, or a folder of numbered images'))
    .description('find what may be objects on a frame, without a prompt')
    .option('--frame <n>', 'the frame, counted from 0', '0')
    .option('--grid <n>', 'clicks along each side of the frame (default: 16)')
    .option('--out <file.jpg>', 'a picture of the frame with the proposals and their numbers')
    .option('--add <which>', 'make objects of these: all, or numbers such as 1,3; saves')
    .option('--label <name>', 'with --add: their label')
    .option('--model <id>', 'the model to use')
    .addOption(qualityOption())
    .action((video: string, options: CommonOptions & Omit<ProposeOptions, 'settings'>) =>
      propose(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  common(masklet.command('compare').argument('<video>', 'an annotated video, saved'))
    .description('two models on the same clip: where they differ, which is better, what each costs')
    .requiredOption('--models <a,b>', 'two ids, or id@quality; embedded is the built-in model')
    .addOption(qualityOption())
    .addOption(
      new Option(
        '--frames <which>',
        'what they are measured on: verified masks, or those drawn by hand as well (default: held)',
      ).choices(['held', 'verified']),
    )
    .option('--range <A:B>', 'only these frames, both ends included')
    .option('--take <model>', "put this one's masks into the clip, as drawn by hand; saves")
    .action((video: string, options: CommonOptions & Omit<CompareCommandOptions, 'settings'>) =>
      compare(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  common(masklet.command('verify').argument('<video>', 'an annotated video'))
    .description('mark masks as verified; saves to the database and the sidecar')
    .option(
      '--object <id>',
      'only the object with this id, or those with this label; repeatable',
      collect,
      [],
    )
    .option('--frames <A:B>', 'only on these frames, both ends included')
    .option('--undo', 'mark them as not verified', false)
    .addOption(takeOverOption())
    .action((video: string, options: CommonOptions & Omit<VerifyCommandOptions, 'settings'>) =>
      verify(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  common(masklet.command('masks').argument('<video>', 'an annotated video'))
    .description('write one indexed PNG per frame: 0 is background, n the n-th object')
    .requiredOption('--out <dir>', 'the folder to write to')
    .option('--frames <A:B>', 'only these frames, both ends included')
    .action((video: string, options: CommonOptions & { out: string; frames?: string }) =>
      masks(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  selection(
    common(
      masklet
        .command('export')
        .argument('<path...>', 'annotated videos, and folders that are searched for them'),
    ),
  )
    .description('export clips in a standard format; see docs/formats.md')
    .addOption(new Option('--format <format>', 'what to write').choices(EXPORT_FORMATS).makeOptionMandatory())
    .requiredOption('--out <dir>', 'a folder that is empty or does not exist yet')
    .option('--update', 'bring an earlier export in --out up to date; files that still hold stay', false)
    .addOption(
      new Option(
        '--images <kind>',
        "the pictures that go with it (default: jpeg where the format's tools need them)",
      ).choices(['jpeg', 'png', 'none']),
    )
    .option('--card', 'add a data card: counts, labels, models, effort and audits, as Markdown and JSON')
    .addOption(
      new Option(
        '--stale <what>',
        'what becomes of masks whose prompts changed since (default: export, with a warning)',
      ).choices(['export', 'leave-out']),
    )
    .addOption(
      new Option('--codec <codec>', 'for cutout: ProRes 4444 in MOV, or VP9 in WebM').choices([
        'prores',
        'webm',
      ]),
    )
    .action((paths: string[], options: CommonOptions & Omit<ExportCommandOptions, 'settings'>) =>
      exportClips(paths, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  common(masklet.command('import').argument('<video>', 'the video that the masks are for'))
    .description(
      'import masks of a dataset or of another tool, as edited by hand, or its boxes as prompts; saves',
    )
    .addOption(new Option('--format <format>', 'what it is').choices(IMPORT_FORMATS).makeOptionMandatory())
    .requiredOption('--from <path>', 'a file or folder in that format')
    .option('--name <name>', 'name of the video in the source (default: the name of its file)')
    .option('--label <name>', 'the label of objects that come without one')
    .addOption(
      new Option(
        '--first-frame <n>',
        'the number of the first frame there (default: by the rules in docs/formats.md)',
      ).choices(['0', '1']),
    )
    .addOption(
      new Option('--crowd <what>', "COCO's crowds (iscrowd): objects like others, or left out").choices([
        'keep',
        'skip',
      ]),
    )
    .addOption(
      new Option(
        '--as <kind>',
        'masks, or prompts: boxes and points, from which propagate makes masks (default: masks; prompts for mot and yolo)',
      ).choices(['masks', 'prompts']),
    )
    .option('--every <k>', 'prompts: the first of each object, then one every k frames (default: all)')
    .option('--replace', 'replace masks of earlier imports and of the same objects that differ', false)
    .addOption(takeOverOption())
    .option('--dry-run', 'only say what would be imported, skipped and replaced; writes nothing', false)
    .action((video: string, options: CommonOptions & Omit<ImportCommandOptions, 'settings'>) =>
      importMasks(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  selection(
    common(masklet.command('roundtrip').argument('<path...>', 'annotated videos, and folders of them')),
  )
    .description('export, read back, compare; exits with 1 if anything came back different')
    .addOption(
      new Option('--format <format>', 'the format to try').choices(ROUND_TRIP_FORMATS).makeOptionMandatory(),
    )
    .action((paths: string[], options: CommonOptions & Omit<RoundTripCommandOptions, 'settings'>) =>
      roundTrip(paths, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  common(
    masklet
      .command('batch')
      .argument('<path...>', 'videos with saved prompts, and folders that are searched for them'),
  )
    .description('propagate every clip that has stale or missing masks, and save; see docs/batch.md')
    .addOption(qualityOption())
    .option('--jobs <n>', 'clips processed at a time, each with its own model in memory', '1')
    .option('--stale-only', 'only clips with masks whose prompts changed, not those with missing ones', false)
    .option('--resume', 'resume from the frames that an interrupted run on this machine had computed', false)
    .option('--shard <i/n>', 'only the i-th of n parts, for job arrays')
    .option('--model <id>', 'the model to use (default: for each clip the one that made its masks)')
    .option('--database <dir>', "a folder on this machine's own disk (default: in your cache folder)")
    .option('--slurm', 'submit it to Slurm, as a job that is queued again until all is done', false)
    .option('--array <n>', 'with --slurm: n jobs that share the clips; n%m: m of them at a time')
    .option('--print', 'with --slurm: print the script, submit nothing', false)
    .addHelpText('after', '\nWith --slurm, what follows after -- are options of sbatch.\n')
    .action((paths: string[], options: BatchOptions) => {
      const json = options.json ?? false;
      const { operands, afterDashes } = atDashes(masklet, paths);
      if (options.slurm) return submitBatch(operands, afterDashes, { ...options, json });
      if (options.print || options.array !== undefined)
        throw usageError('--array and --print are for jobs of Slurm.', 'Give --slurm too.');
      return batch(paths, { ...options, json, settings: settingsOf(options) });
    });

  common(
    masklet
      .command('check')
      .argument('<path...>', 'annotated videos, and folders that are searched for them'),
  )
    .description('read the sidecars; exits with 1 where one is stale or broken')
    .option('--min-jf <share>', 'fail also where J&F on gold masks is below this, or was not measured')
    .action((paths: string[], options: CommonOptions & { minJf?: string }) =>
      check(paths, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );
  addQualityCommands(masklet);

  common(masklet.command('split').argument('<path...>', 'videos, and folders that are searched for them'))
    .description('put clips into a split of the dataset, kept in .masklet/splits.json')
    .requiredOption('--to <name>', 'train, val, test or another name; none: out of every split')
    .action((paths: string[], options: CommonOptions & { to: string }) =>
      split(paths, { json: options.json ?? false, to: options.to, settings: settingsOf(options) }),
    );

  common(masklet.command('doctor'))
    .description('check that everything Masklet needs is installed, and say how to fix what is not')
    .option('--providers', 'time the execution providers of this machine with a model, and say which is used')
    .option('--model <id>', 'the model that --providers times (default: the built-in one)')
    .option('--fix', 'download an ffmpeg (up to 90 MB, checked by SHA-256) where no usable one is found')
    .action((options: CommonOptions & { providers?: true; model?: string; fix?: boolean }) => {
      const { json = false, model, fix = false } = options;
      const common = { json, settings: settingsOf(options) };
      return options.providers
        ? providers({ ...common, ...(model === undefined ? {} : { model }) })
        : doctor({ ...common, fix });
    });

  masklet
    .command('commands', { hidden: true })
    .description('the commands and their options, for editors')
    .option('--json', 'as JSON')
    .action(() => void process.stdout.write(`${JSON.stringify(grammarOf(masklet))}\n`));
  addModelCommands(masklet);
  addLabelCommands(masklet);
  addReviewCommands(masklet);
  addOpenCommand(masklet);
  addGitCommands(masklet);
  addCudaCommands(masklet);
  return masklet;
}

function addQualityCommands(masklet: Command): void {
  common(
    masklet
      .command('audit')
      .argument('<path...>', 'annotated videos of one dataset, and folders that are searched for them'),
  )
    .description('draw masks to be looked at, and estimate how good all of them are; see docs/quality.md')
    .option('--frames <n>', 'how many masks are to be answered in all (default: 200)')
    .option('--width <w>', 'as many as it takes for an interval of this width, such as 0.02')
    .option('--seed <n>', 'of a new audit: the same seed draws the same masks of the same dataset')
    .option('--new', 'draw a new audit, also where there is one to resume', false)
    .option('--reference <path>', 'masks to compare with, in place of a person')
    .addOption(new Option('--format <format>', 'what --reference is').choices(IMPORT_FORMATS))
    .action((paths: string[], options: CommonOptions & Omit<AuditCommandOptions, 'settings'>) =>
      audit(paths, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  common(masklet.command('gold').argument('<video>', 'an annotated video'))
    .description('mark masks as references that propagation is measured by and never overwrites; saves')
    .option(
      '--object <id>',
      'only the object with this id, or those with this label; repeatable',
      collect,
      [],
    )
    .option('--frames <A:B>', 'only on these frames, both ends included')
    .option('--undo', 'mark them as masks like others', false)
    .action((video: string, options: CommonOptions & Omit<GoldCommandOptions, 'settings'>) =>
      gold(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );

  common(
    masklet
      .command('score')
      .argument('<path...>', 'annotated videos, and folders that are searched for them'),
  )
    .description('J, F and J&F of propagation on gold masks, now and in earlier commits; see docs/quality.md')
    .option('--revisions <n>', 'how many commits of each clip to look at', '10')
    .action((paths: string[], options: CommonOptions & { revisions: string }) =>
      score(paths, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );
}

function addLabelCommands(masklet: Command): void {
  const labels = masklet
    .command('labels')
    .description('the labels of a dataset: list, rename, merge; see docs/labels.md')
    .exitOverride();
  const paths = ['<path...>', 'annotated videos, and folders that are searched for them'] as const;
  common(labels.command('list').argument(...paths))
    .description('which labels objects have, and in which clips')
    .action((where: string[], options: CommonOptions) =>
      listLabels(where, { json: options.json ?? false, settings: settingsOf(options) }),
    );
  const change = (name: 'rename' | 'merge', description: string): Command =>
    common(labels.command(name).argument(...paths))
      .description(description)
      .option('--from <label>', `the label${name === 'merge' ? 's; repeatable' : ''}`, collect, [])
      .requiredOption('--to <label>', 'what it is called then')
      .option('--color <#rrggbb>', 'the colour of all its objects')
      .option('--attribute <old=new>', 'the new name of an attribute; repeatable', collect, [])
      .option('--dry-run', 'only say which clips would change; writes nothing', false)
      .action((where: string[], options: CommonOptions & Omit<RelabelOptions, 'settings' | 'json'>) =>
        changeLabels(
          where,
          { ...options, json: options.json ?? false, settings: settingsOf(options) },
          name === 'merge',
        ),
      );
  change('rename', 'give a label another name in every clip that uses it, and in labels.json; saves');
  change('merge', 'make one label of several, in every clip and in labels.json; saves');
}

function addReviewCommands(masklet: Command): void {
  common(
    masklet
      .command('review')
      .argument('<path...>', 'annotated videos, and folders that are searched for them'),
  )
    .description('say how far the review of clips is, in their video.json')
    .requiredOption('--to <state>', 'in-work, to-review, accepted, to-fix; none: no state')
    .action((paths: string[], options: CommonOptions & { to: string }) =>
      review(paths, { json: options.json ?? false, to: options.to, settings: settingsOf(options) }),
    );
  common(masklet.command('notes').argument('<video>', 'an annotated video, saved'))
    .description(
      "list a clip's notes, or add, resolve and remove one; they lie in notes.jsonl of its sidecar",
    )
    .option('--add <text>', 'a new note, in the name that git is configured with')
    .option('--frames <A:B>', 'the frame or range that the new note is about')
    .option('--object <id>', 'the object that the new note is about')
    .option('--resolve <id>', 'mark a note as resolved')
    .option('--reopen <id>', 'mark it as open again')
    .option('--remove <id>', 'delete it')
    .option('--all', 'list resolved notes, too', false)
    .action((video: string, options: CommonOptions & Omit<NotesOptions, 'settings' | 'json'>) =>
      notes(video, { ...options, json: options.json ?? false, settings: settingsOf(options) }),
    );
}

function addOpenCommand(masklet: Command): void {
  masklet
    .command('open')
    .argument('<video>', 'a video file')
    .description('show a frame in the VS Code window of this terminal; elsewhere print the link to it')
    .option('--frame <n>', 'the frame, counted from 0')
    .option('--object <id>', 'the object to select')
    .option('--link', 'print the link, in a terminal of VS Code too')
    .option('--scheme <scheme>', 'of the VS Code that the link is for', 'vscode')
    .option(
      '--remote <authority>',
      'how VS Code reaches this machine, such as ssh-remote+gpu-box; prints the link',
    )
    .option('--json', 'print the result, or {"error": ...}, as JSON on standard output')
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride()
    .action((video: string, options: OpenCommandOptions) =>
      open(video, { ...options, json: options.json ?? false }),
    );
}

function addGitCommands(masklet: Command): void {
  common(
    masklet
      .command('diff')
      .argument('<video>', 'an annotated video, saved')
      .argument('[revision]', 'a commit, branch or tag', 'HEAD'),
  )
    .description('what the masks, prompts and marks changed since a commit; see docs/git.md')
    .action((video: string, revision: string, options: CommonOptions) =>
      diff(video, revision, { json: options.json ?? false, settings: settingsOf(options) }),
    );

  masklet
    .command('merge')
    .argument('[files...]', 'BASE OURS THEIRS PATH, as git gives them to a merge driver')
    .description('merge a file of a sidecar per object and frame, as git asks for; see docs/git.md')
    .option('--install', 'register it with git as the merge driver of sidecars in this repository')
    .option('--global', "with --install: keep the driver in the user's git configuration")
    .addOption(
      new Option(
        '--propagated <keep>',
        'of two propagated masks, which can be made again, keep one (default: both, in conflict)',
      ).choices(['both', 'ours', 'theirs']),
    )
    .option('--json', 'print the result, or {"error": ...}, as JSON on standard output')
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride()
    .action((files: string[], options: MergeCommandOptions) =>
      merge(files, { ...options, json: options.json ?? false }),
    );
}

interface ModelOptions {
  readonly json?: boolean;
  readonly modelDir?: string;
  readonly quality?: Quality;
}

function addModelCommands(masklet: Command): void {
  const models = masklet
    .command('models')
    .description('manage models: list, download, import, verify, remove')
    .exitOverride();
  const command = (usage: string, description: string): Command =>
    models
      .command(usage)
      .description(description)
      .option('--json', 'print the result, or {"error": ...}, as JSON on standard output')
      .option('--model-dir <dir>', 'where models are kept (default: in your cache folder)')
      .showHelpAfterError('(--help shows how it is used)')
      .exitOverride();
  command('list', 'list all models, and which are on this machine').action((options: ModelOptions) =>
    listModels(options),
  );
  command('download <id>', 'download a model; resumes an interrupted download').action(
    (id: string, options: ModelOptions) => downloadModel(id, options),
  );
  command('import <file>', 'import a SAM 2 checkpoint (.pt or .safetensors) that is already on this machine')
    .option('--id <id>', 'the id to give it (default: from its file name)')
    .option(
      '--config <file.json>',
      'hyper-parameters that the checkpoint does not contain, for unpublished sizes',
    )
    .action((file: string, options: ModelOptions & { id?: string; config?: string }) =>
      importModel(file, options),
    );
  command('verify <id>', 'read a model again and compare its SHA-256').action(
    (id: string, options: ModelOptions) => verifyModel(id, options),
  );
  command('remove <id>', 'delete a downloaded or imported model').action(
    (id: string, options: ModelOptions) => removeModel(id, options),
  );
}

async function main(): Promise<void> {
  // A reader that closes the pipe early, such as `head`, is no error of ours.
  process.stdout.on('error', () => process.exit(EXIT.ok));
  const json = process.argv.includes('--json');
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else process.exitCode = printError(json, error);
  }
}

void main();
