import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KernelClient } from '../../../kernel/client/kernelClient';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { renderSampleClip, type SampleClip } from '../../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../../kernel/video/ffmpeg';

export interface MaskRow {
  readonly object: string;
  readonly frame: number;
  readonly counts: string;
  readonly state: string;
  readonly verified: number;
}

/** The beginning of the sample clip. */
export async function makeClip(
  folder: string,
  frames: number,
  size = { width: 640, height: 360 },
): Promise<SampleClip> {
  const { path: ffmpeg } = await findFfmpeg();
  return await renderSampleClip({
    out: join(folder, 'clip.mp4'),
    ffmpeg,
    ...size,
    first: frames,
    occlusion: 'none',
  });
}

/** Leaves two objects with masks on the first frames, as an earlier session would have. */
export async function annotate(
  video: string,
  clip: SampleClip,
  {
    frames = 6,
    saved = true,
    settings = {},
    workspaceRoot,
  }: {
    readonly frames?: number;
    readonly saved?: boolean;
    readonly settings?: Partial<KernelSettings>;
    readonly workspaceRoot?: string;
  } = {},
): Promise<void> {
  const kernel = new KernelClient({ client: 'test', settings });
  const session = await kernel.open({ path: video, ...(workspaceRoot ? { workspaceRoot } : {}) });
  for (const [n, { masks }] of clip.groundTruth.objects.entries()) {
    const object = `fish-${n}`;
    for (const [frame, mask] of masks.slice(0, frames).entries()) {
      await session.request('object/addMask', { object, frame, mask });
    }
    await session.request('object/update', { object, label: ['koi', 'goldfish'][n] });
  }
  await session.request('object/verify', { object: 'fish-0', frames: [frames - 1], verified: true });
  if (saved) await session.request('session/save', {});
  await session.close();
  await kernel.dispose();
}

/** Reads a database beside the kernel that has it open; nothing where there is none. */
export function query<T>(databaseFolder: string, sql: string, ...values: (string | number)[]): T[] {
  const file = join(databaseFolder, 'masklet.sqlite');
  if (!existsSync(file)) return [];
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare<unknown[], T>(sql).all(...values);
  } finally {
    database.close();
  }
}

/** The text of every file of a sidecar, by its path in it. */
export function sidecarFiles(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}
