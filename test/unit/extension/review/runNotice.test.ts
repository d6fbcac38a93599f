import { expect, test } from 'vitest';
import { runInWords } from '../../../../extension/review/runNotice';

const suspicious = (...frames: number[]): Parameters<typeof runInWords>[1]['suspicions'] =>
  frames.map((frame) => ({ object: 'a', frame, reasons: ['low-iou' as const] }));

test('the end of a run is told with what came of it', () => {
  const say = (frames: number, ...found: number[]): string =>
    runInWords('dog.mp4', { frames, wallMs: 1, suspicions: suspicious(...found) });
  expect(say(24, 3, 3, 9)).toBe('dog.mp4: 24 frames computed. 2 frames look suspicious.');
  expect(say(1, 3)).toBe('dog.mp4: 1 frame computed. 1 frame looks suspicious.');
  expect(say(24)).toBe('dog.mp4: 24 frames computed. No frame looks suspicious.');
  expect(say(0)).toBe('dog.mp4: everything was up to date. No frame looks suspicious.');
});
