import type { AuditReport, AuditEstimate, GoldScore } from '../../shared/protocol/audit';
import { listAudits, readAudit } from '../audit/auditFile';
import { reportOn } from '../audit/auditReport';
import { meanScore, scoreObject } from '../audit/goldScore';
import { basename } from 'node:path';
import type { FoundClip } from '../clips/findClips';
import { version } from '../runtime/version';
import type { Store } from '../storage/store';
import type { ScoredObject } from '../../shared/protocol/audit';
import type { ExportCard, ExportClip } from '../export/api';
import type { ExportFolder } from '../export/exportFolder';

/** Work on objects, as this machine's database counted it. */
interface CardEffort {
  readonly clicks: number;
  readonly strokes: number;
  readonly seconds: number;
  /** Masks of the objects that were worked on here. */
  readonly masks: number;
  readonly secondsPerMask?: number;
}

/** What there is to know of an exported dataset, for a paper or a dataset's page. */
export interface DataCard {
  readonly schema: 1;
  readonly tool: { readonly name: 'masklet'; readonly version: string };
  readonly format: string;
  readonly counts: {
    readonly clips: number;
    readonly frames: number;
    readonly objects: number;
    readonly masks: number;
    readonly verified: number;
    readonly gold: number;
  };
  readonly labels: readonly { readonly label: string; readonly objects: number; readonly masks: number }[];
  readonly splits: readonly { readonly split: string; readonly clips: number; readonly masks: number }[];
  /** How masks came about. */
  readonly states: Readonly<Record<string, number>>;
  /** What made the masks; `manual` for those drawn. */
  readonly models: readonly { readonly id: string; readonly sha256: string; readonly masks: number }[];
  /** Absent where nothing was counted. */
  readonly effort?: CardEffort;
  /** J, F and J&F of propagation on gold masks. */
  readonly gold?: GoldScore;
  /** The newest audits of the datasets that clips are from. */
  readonly audits: readonly { readonly file: string; readonly date: string; readonly report: AuditReport }[];
}

/** Counts clips as they are exported. Nothing in it depends on when or where the export is made. */
export class DataCardWriter implements ExportCard {
  private readonly labels = new Map<string, { objects: number; masks: number }>();
  private readonly splits = new Map<string, { clips: number; masks: number }>();
  private readonly states = new Map<string, number>();
  private readonly models = new Map<string, { id: string; sha256: string; masks: number }>();
  private readonly scored: ScoredObject[] = [];
  private readonly counts = { clips: 0, frames: 0, objects: 0, masks: 0, verified: 0, gold: 0 };
  private readonly effort = { clicks: 0, strokes: 0, seconds: 0, masks: 0 };
  private readonly folders = new Set<string>();

  constructor(private readonly store: Store) {}

  add(clip: ExportClip, { path, databaseFolder }: FoundClip): void {
    this.folders.add(databaseFolder);
    const { counts } = this;
    counts.clips++;
    counts.frames += clip.frames.length;
    counts.objects += clip.objects.length;
    const split = entry(this.splits, clip.split, () => ({ clips: 0, masks: 0 }));
    split.clips++;
    for (const { label } of clip.objects)
      entry(this.labels, label, () => ({ objects: 0, masks: 0 })).objects++;
    const records = clip.frames.flatMap((frame) => clip.masks(frame));
    const masksOf = new Map<string, number>();
    for (const { object, record } of records) {
      counts.masks++;
      split.masks++;
      entry(this.labels, object.label, () => ({ objects: 0, masks: 0 })).masks++;
      if (record.verified) counts.verified++;
      if (record.gold) counts.gold++;
      this.states.set(record.state, (this.states.get(record.state) ?? 0) + 1);
      masksOf.set(object.id, (masksOf.get(object.id) ?? 0) + 1);
      const { model: id, modelSha256: sha256 } = record.provenance ?? { model: 'manual', modelSha256: '' };
      entry(this.models, `${id}/${sha256}`, () => ({ id, sha256, masks: 0 })).masks++;
    }
    for (const object of clip.objects) {
      const masks = records.filter((mask) => mask.object.id === object.id).map(({ record }) => record);
      const scored = scoreObject(object, masks);
      if (scored) this.scored.push(scored);
    }
    for (const { object, clicks, strokes, seconds } of this.store.effortOn(databaseFolder, path)) {
      const masks = masksOf.get(object);
      if (masks === undefined) continue;
      this.effort.clicks += clicks;
      this.effort.strokes += strokes;
      this.effort.seconds += seconds;
      this.effort.masks += masks;
    }
  }

  /** @returns what could not be read. */
  async write(folder: ExportFolder, format: string): Promise<string[]> {
    const problems: string[] = [];
    const audits = [...this.folders].sort().flatMap((databaseFolder) => {
      const file = listAudits(databaseFolder).at(-1);
      if (file === undefined) return [];
      try {
        const { audit } = readAudit(file);
        return [{ file: basename(file), date: audit.date, report: reportOn(audit) }];
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
        return [];
      }
    });
    const gold = meanScore(this.scored);
    const { masks, ...work } = this.effort;
    const effort = {
      ...work,
      seconds: Math.round(work.seconds),
      masks,
      ...(masks > 0 ? { secondsPerMask: Math.round((100 * work.seconds) / masks) / 100 } : {}),
    };
    const card: DataCard = {
      schema: 1,
      tool: { name: 'masklet', version },
      format,
      counts: this.counts,
      labels: byName(this.labels).map(([label, of]) => ({ label, ...of })),
      splits: byName(this.splits).map(([split, of]) => ({ split, ...of })),
      states: Object.fromEntries(byName(this.states)),
      models: byName(this.models).map(([, of]) => of),
      ...(masks > 0 ? { effort } : {}),
      ...(gold ? { gold } : {}),
      audits,
    };
    await folder.write('card.json', `${JSON.stringify(card, null, 2)}\n`);
    await folder.write('card.md', cardMarkdown(card));
    return problems;
  }
}

/** The card for people. */
export function cardMarkdown(card: DataCard): string {
  const { counts, labels, splits, states, models, effort, gold, audits } = card;
  const lines = [
    '# Data card',
    '',
    `Written by Masklet ${card.tool.version} with an export in the format \`${card.format}\`.`,
    '',
    '## Content',
    '',
    `${counts.clips} clips, ${counts.frames} frames, ${counts.objects} objects, ${counts.masks} masks, of which ${counts.verified} are verified and ${counts.gold} are gold.`,
    '',
    ...table(
      ['Label', 'Objects', 'Masks'],
      labels.map(({ label, objects, masks }) => [label, objects, masks]),
    ),
    ...table(
      ['Split', 'Clips', 'Masks'],
      splits.map(({ split, clips, masks }) => [split, clips, masks]),
    ),
    '## Provenance',
    '',
    ...table(['State', 'Masks'], Object.entries(states)),
    ...table(
      ['Model', 'SHA-256', 'Masks'],
      models.map(({ id, sha256, masks }) => [id, sha256 || '-', masks]),
    ),
    '## Effort',
    '',
    effort
      ? `${effort.clicks} clicks, ${effort.strokes} strokes and ${effort.seconds} s of active work on objects with ${effort.masks} masks: ${effort.secondsPerMask ?? 0} s per object and frame. Counted on the machine that made this export; pauses over 30 s are not counted.`
      : 'Not counted on the machine that made this export.',
    '',
    '## Quality',
    '',
    gold
      ? `Propagation on ${counts.gold} gold masks: J ${gold.j.toFixed(4)}, F ${gold.f.toFixed(4)}, J&F ${gold.jf.toFixed(4)} (DAVIS 2016).`
      : 'No gold mask was measured.',
    '',
    ...(audits.length === 0
      ? ['Not audited.', '']
      : audits.flatMap(({ file, date, report }) => auditLines(file, date, report))),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function auditLines(
  file: string,
  date: string,
  { all, labels, clipsLikeThese, answered, clips }: AuditReport,
): string[] {
  const interval = (estimate: AuditEstimate | undefined, digits = 4): string =>
    estimate
      ? `${estimate.value.toFixed(digits)} (${estimate.low.toFixed(digits)} to ${estimate.high.toFixed(digits)})`
      : '-';
  const groups = labels.length > 1 ? [all, ...labels] : [all];
  const rows = groups.map((group) => [
    group.label ?? 'all',
    group.masks,
    interval(group.mean),
    interval(group.below90),
    interval(group.below75),
  ]);
  return [
    `Audited on ${date} (\`${file}\`): ${answered} masks of ${clips} clips, drawn at random by strata; ${all.accepted} accepted, ${all.corrected} corrected, ${all.leftOut} left out. An accepted mask counts as IoU 1. With 95 % confidence intervals, for this dataset:`,
    '',
    ...table(['Label', 'Masks', 'Mean IoU', 'Share below 0.9', 'Share below 0.75'], rows),
    ...(all.bounds
      ? [
          `Whatever the masks are that were left out, the mean IoU is from ${all.bounds.low.toFixed(4)} to ${all.bounds.high.toFixed(4)}.`,
          '',
        ]
      : []),
    ...(clipsLikeThese
      ? [
          `For clips like these, by bootstrap over clips: mean IoU from ${clipsLikeThese.low.toFixed(4)} to ${clipsLikeThese.high.toFixed(4)}.`,
          '',
        ]
      : []),
  ];
}

/** Names come from strangers' files: a bar would end a cell, a bracket begin a link. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  if (rows.length === 0) return [];
  const row = (cells: readonly (string | number)[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [row(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(row), ''];
}

const escaped = (cell: string | number): string =>
  String(cell)
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_[\]<>|]/g, (character) => `\\${character}`);

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

const byName = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));
