import { expect, it } from 'vitest';
import { EffortMeter } from '../../../../kernel/session/effort';

it('counts clicks, strokes and the time between them, without pauses', () => {
  let now = 100;
  const meter = new EffortMeter(() => now);
  const at = (seconds: number): void => void (now = seconds);
  const point = { x: 1, y: 1, label: 1 as const };
  expect(meter.edited('object/addPoints', { object: 'a', frame: 0, points: [point] })).toEqual({
    object: 'a',
    clicks: 1,
    strokes: 0,
    seconds: 0,
  });
  at(104);
  meter.seen();
  at(110);
  const stroke = { kind: 'brush', mode: 'add', points: [[1, 1]], radius: 2 } as const;
  expect(meter.edited('mask/edit', { object: 'b', frame: 0, operation: stroke })).toEqual({
    object: 'b',
    clicks: 0,
    strokes: 1,
    seconds: 10,
  });
  // Half a minute counts, more does not.
  at(140);
  expect(meter.edited('object/verify', { object: 'a', frames: [0], verified: true })).toMatchObject({
    clicks: 1,
    seconds: 30,
  });
  at(170.5);
  expect(
    meter.edited('object/addBox', { object: 'a', frame: 0, box: [0, 0, 1, 1], points: [point] }),
  ).toMatchObject({
    clicks: 2,
    seconds: 0,
  });
  at(172);
  const moved = { object: 'a', frame: 0, points: [point, point, point], replace: true };
  expect(meter.edited('object/addPoints', moved)).toMatchObject({ clicks: 1, seconds: 1.5 });
  // What no hand does counts for nobody; the time goes to what is edited next.
  at(175);
  expect(meter.edited('session/import', { format: 'coco', from: '/x' })).toBeUndefined();
  at(177);
  expect(
    meter.edited('mask/edit', { object: 'a', frame: 0, operation: { kind: 'grow', pixels: 1 } }),
  ).toEqual({
    object: 'a',
    clicks: 1,
    strokes: 0,
    seconds: 5,
  });
});
