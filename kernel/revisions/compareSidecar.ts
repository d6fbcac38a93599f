// kernel/revisions/: comparing versions of a sidecar.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { MaskletError } from '../../shared/protocol/errors';
import { readSidecarAt, revisionsOf } from './sidecarHistory';
import type {
  ComparedMask,
  CompareFrameParams,
  CompareParams,
  CompareResult,
  Revision,
} from '../../shared/protocol/revisions';
import type { FilePlace } from '../../shared/protocol/session';
import type { ObjectId } from '../../shared/domain/annotations';
import { compareVersions } from './compareVersions';
import { readVersion, type SidecarVersion } from './sidecarVersion';
import { locate } from '../storage/locations';
import { readSidecar } from '../storage/sidecar/files';

const REVISIONS = 50;

interface Compared {
  readonly revision: Revision;
  readonly before: SidecarVersion;
  readonly after: SidecarVersion;
}

interface Known extends Compared {
  readonly key: string;
}

/** Compares sidecars with what git has of them. The last comparison is kept, for whoever goes through its frames. */
export class SidecarComparisons {
  private last: Known | undefined;

  constructor(private readonly dataDir: string | undefined) {}

  /** The commits that changed a clip's sidecar, newest first. @throws MaskletError as `revisionsOf` */
  async revisions(place: FilePlace, signal: AbortSignal): Promise<Revision[]> {
    return await revisionsOf(this.sidecarOf(place), REVISIONS, signal);
  }

  /**
   * The sidecar on the disk against that of a commit.
   * @throws MaskletError `input/invalid`, `sidecar/newer-version`, `git/missing`, `git/failed`, `cancelled`
   */
  async compare(params: CompareParams, signal: AbortSignal): Promise<CompareResult> {
    const sidecar = this.sidecarOf(params);
    const { revision, before, after } = await this.versions(sidecar, params.revision ?? 'HEAD', signal);
    const video = after.video ?? before.video;
    if (!video) {
      const [problem] = [...after.problems, ...before.problems];
      throw new MaskletError(
        'input/invalid',
        problem?.message ??
          `${params.path} has no annotations, neither saved nor in ${revision.commit.slice(0, 8)}.`,
        { file: sidecar, hint: 'Save the clip in the editor first; its sidecar is `<video>.masklet`.' },
      );
    }
    return {
      path: resolve(params.path),
      sidecar,
      revision,
      width: video.width,
      height: video.height,
      frameCount: Math.max(after.video?.frameCount ?? 0, before.video?.frameCount ?? 0),
      ...compareVersions(before, after),
      problems: [
        ...before.problems.map((problem) => ({
          ...problem,
          message: `In ${revision.commit.slice(0, 8)}: ${problem.message}`,
        })),
        ...after.problems,
      ],
    };
  }

  /** Both versions of the masks of one frame; objects that have none in either are left out. @throws as `compare` */
  async frame(params: CompareFrameParams, signal: AbortSignal): Promise<ComparedMask[]> {
    const { before, after } = await this.versions(this.sidecarOf(params), params.commit, signal);
    const objects = new Set<ObjectId>([...before.masks.keys(), ...after.masks.keys()]);
    return [...objects].sort().flatMap((object) => {
      const [was, is] = [before, after].map(({ masks }) => masks.get(object)?.get(params.frame)?.record);
      return was || is ? [{ object, ...(was ? { before: was } : {}), ...(is ? { after: is } : {}) }] : [];
    });
  }

  private sidecarOf({ path, workspaceRoot }: FilePlace): string {
    return locate(path, { dataDir: this.dataDir, workspaceRoot }).sidecar;
  }

  private async versions(sidecar: string, revision: string, signal: AbortSignal): Promise<Compared> {
    const files = readSidecar(sidecar);
    const hashes = [...files].map(([file, { sha256 }]) => `${file} ${sha256}`).join('\n');
    const state = createHash('sha256').update(hashes).digest('hex');
    // A full hash always means the same commit.
    const keyOf = (commit: string): string => `${sidecar}\n${commit}\n${state}`;
    if (this.last && this.last.key === keyOf(revision)) return this.last;
    const committed = await readSidecarAt(sidecar, revision, signal);
    const contents = new Map([...files].map(([file, { content }]) => [file, content]));
    const after = readVersion(contents, sidecar);
    const before = readVersion(committed.files, sidecar, after.video);
    this.last = {
      key: keyOf(committed.revision.commit),
      revision: committed.revision,
      before,
      after: after.video ? after : readVersion(contents, sidecar, before.video),
    };
    return this.last;
  }
}
