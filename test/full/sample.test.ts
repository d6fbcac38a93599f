/** What a newcomer sees first: the sample clip, followed through its occlusion by the command line's defaults. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rleIou } from '../../kernel/masks/rle';
import type { RleMask } from '../../shared/domain/annotations';
import { renderSampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { startCli } from '../support/cli';
import { temporaryFolder } from '../support/kernel';

test('the sample clip is segmented with a mean IoU of at least 0.9', { timeout: 1_200_000 }, async () => {
  const { path: ffmpeg } = await findFfmpeg();
  const clip = await renderSampleClip({ out: join(await temporaryFolder(), 'sample.mp4'), ffmpeg });
  const box = `0:${clip.box.join(',')}`;
  const { code, stderr } = await startCli(['segment', clip.video, '--object', 'fish', '--box', box]).finished;
  expect(code, stderr).toBe(0);

  const lines = await readFile(join(`${clip.video}.masklet`, 'masks', 'fish.jsonl'), 'utf8');
  const found = new Map<number, RleMask>();
  for (const line of lines.trim().split('\n')) {
    const { frame, size, counts } = JSON.parse(line) as RleMask & { frame: number };
    found.set(frame, { size, counts });
  }
  const truth = clip.groundTruth.objects[0].masks;
  const scores = truth.map((expected, frame) => {
    const mask = found.get(frame);
    return mask ? rleIou(mask, expected) : 0;
  });
  console.log(`IoU by frame: ${scores.map((score) => score.toFixed(2)).join(' ')}`);
  expect(scores.reduce((sum, score) => sum + score, 0) / scores.length).toBeGreaterThanOrEqual(0.9);
});
