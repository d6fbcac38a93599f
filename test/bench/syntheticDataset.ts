import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeRle, rleMeasure } from '../../kernel/masks/rle';
import type { FramePrompt, MaskRecord, ObjectRecord } from '../../shared/domain/annotations';
import { objectColor } from '../../kernel/render/colors';
import { Annotations, promptRevision } from '../../kernel/annotations/annotations';
import { locate } from '../../kernel/storage/locations';
import { Store } from '../../kernel/storage/store';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { fingerprintFile } from '../../kernel/video/identity';
import { openVideo } from '../../kernel/video/source';

export interface DatasetSize {
  readonly clips: number;
  readonly frames: number;
  readonly objects: number;
}

export const WIDTH = 160;
export const HEIGHT = 120;
const MODEL = { id: 'synthetic', sha256: '0'.repeat(64) };
const LABELS = ['koi', 'goldfish', 'frog', 'duck', 'turtle'];

/**
 * A dataset as annotated and saved by hand would lie there: videos, one workspace database, sidecars. Every mask is
 * propagated from a box on the first frame and is up to date.
 * @param onClip called after each clip.
 */
export async function makeDataset(
  root: string,
  { clips, frames, objects }: DatasetSize,
  onClip: (done: number) => void = () => undefined,
): Promise<string[]> {
  const { path: ffmpeg } = await findFfmpeg();
  const first = videoPath(root, 0);
  mkdirSync(dirname(first), { recursive: true });
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${WIDTH}x${HEIGHT}:rate=25`];
  const coding = ['-pix_fmt', 'yuv420p', '-g', '50', '-frames:v', String(frames)];
  execFileSync(ffmpeg, ['-v', 'error', ...source, ...coding, first]);
  const bytes = readFileSync(first);
  const opened = await openVideo(first, { ffmpeg, cacheBytes: 0 });
  const { info, pts } = opened;
  const index = opened.serializeIndex();
  await opened.close();
  // A handful of shapes: what is measured is not the drawing.
  const shapes = Array.from({ length: 4 }, (_, shape) => drawMasks(shape, frames, objects));
  const store = new Store();
  const paths: string[] = [];
  for (let n = 0; n < clips; n++) {
    const path = videoPath(root, n);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat([bytes, freeBox(n)]));
    const video = { ...info, path, ...(await fingerprintFile(path)) };
    const { clip } = store.open({
      video,
      ...locate(path, { workspaceRoot: root }),
      readOnly: false,
      holder: 'bench',
      acceptChangedVideo: false,
    });
    const { records, prompts, masks } = annotationsOf(n, shapes[n % shapes.length], pts);
    store.apply(clip, { putObjects: records, putPrompts: prompts, putMasks: masks });
    store.putIndex(clip, video.fingerprint, index);
    store.save(clip);
    store.close(clip);
    paths.push(path);
    onClip(n + 1);
  }
  return paths;
}

/** Twenty clips a folder. */
function videoPath(root: string, n: number): string {
  const name = `clip-${String(n).padStart(3, '0')}.mp4`;
  return join(root, `day-${String(Math.floor(n / 20)).padStart(2, '0')}`, name);
}

/** A box at the end of an MP4 that players skip: makes every copy a video of its own. */
function freeBox(n: number): Buffer {
  const box = Buffer.alloc(16);
  box.writeUInt32BE(16, 0);
  box.write('free', 4, 'latin1');
  box.writeUInt32BE(n, 8);
  return box;
}

type Shape = Pick<MaskRecord, 'mask' | 'bbox' | 'area'>;

/** By object, then by frame: a blob with a wavy edge that drifts about. */
function drawMasks(seed: number, frames: number, objects: number): Shape[][] {
  return Array.from({ length: objects }, (_, object) =>
    Array.from({ length: frames }, (_, frame) => {
      const phase = frame / 25 + object * 1.3 + seed;
      const x = WIDTH * (0.5 + 0.3 * Math.sin(phase * 0.7));
      const y = HEIGHT * (0.5 + 0.3 * Math.cos(phase * 0.9));
      const pixels = new Uint8Array(WIDTH * HEIGHT);
      for (let row = 0; row < HEIGHT; row++) {
        for (let column = 0; column < WIDTH; column++) {
          const angle = Math.atan2(row - y, column - x);
          const radius = 18 + 2 * object + 4 * Math.sin(5 * angle + phase);
          if (Math.hypot(row - y, column - x) < radius) pixels[row * WIDTH + column] = 1;
        }
      }
      const mask = encodeRle(pixels, WIDTH, HEIGHT);
      const { area, box } = rleMeasure(mask);
      return { mask, area, bbox: box };
    }),
  );
}

function annotationsOf(
  n: number,
  shapes: readonly (readonly Shape[])[],
  pts: readonly number[],
): { records: ObjectRecord[]; prompts: FramePrompt[]; masks: MaskRecord[] } {
  const ids = shapes.map(
    (_, object) => `${n.toString(16).padStart(6, '0')}${object.toString(16).padStart(2, '0')}`,
  );
  const records = ids.map((id, object) => ({
    id,
    label: LABELS[(n + object) % LABELS.length],
    color: objectColor(object),
    attributes: {},
  }));
  const prompts = ids.map((object, i): FramePrompt => ({
    object,
    frame: 0,
    points: [],
    box: shapes[i][0].bbox,
  }));
  const annotations = new Annotations({ objects: records, prompts, masks: [], marks: [] }, MODEL);
  const masks = ids.flatMap((object, i) =>
    shapes[i].map((shape, frame): MaskRecord => ({
      object,
      frame,
      pts: pts[frame],
      ...shape,
      iou: 0.8 + 0.19 * Math.abs(Math.sin(frame + i)),
      objectScore: 0.95,
      state: frame === 0 ? 'prompted' : 'propagated',
      verified: frame < (n * 7) % 200,
      provenance: {
        model: MODEL.id,
        modelSha256: MODEL.sha256,
        ...(frame === 0
          ? { revision: promptRevision(prompts[i]) }
          : { revision: annotations.trackRevision(object, frame, 'forward'), direction: 'forward' }),
      },
    })),
  );
  return { records, prompts, masks };
}
