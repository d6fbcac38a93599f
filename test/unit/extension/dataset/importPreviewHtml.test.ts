import { expect, test } from 'vitest';
import { importManyPreviewHtml, importPreviewHtml } from '../../../../extension/dataset/importPreviewHtml';
import type { ImportResult } from '../../../../shared/protocol/dataset';

const RESULT: ImportResult = {
  source: '/data/a.json',
  as: 'masks',
  objects: [{ id: 'a', label: '<img src=x>', masks: 3, prompts: 0, known: false }],
  frames: 2,
  masks: 3,
  prompts: 0,
  counting: 'Frames are counted from 0: there is a frame 0.',
  notes: [],
  skipped: [{ reason: 'polygons of fewer than 3 points', count: 2, example: 'annotations[8]' }],
  replaced: [],
  kept: [{ object: 'b', label: 'car', masks: 4, frame: 7 }],
  dryRun: true,
  preview: { frame: 5, width: 4, height: 3, picture: Uint8Array.from([1, 2, 3]) },
};

test('a preview shows counts, the rule, what is skipped and the picture, and runs nothing', () => {
  const html = importPreviewHtml('COCO: /data/a.json', RESULT);
  expect(html).toContain('3 masks on 2 frames');
  expect(html).toContain('there is a frame 0');
  expect(html).toContain('2 polygons of fewer than 3 points (for example annotations[8])');
  expect(html).toMatch(/4 masks of &#34;car&#34;|4 masks of .*car.*frame 7/);
  expect(html).toContain('data:image/jpeg;base64,AQID');
  expect(html).toContain("default-src 'none'");
  expect(html).not.toContain('<script');
  expect(html).not.toContain('<img src=x>');
});

test('without a picture there is none', () => {
  const { preview: _, ...rest } = RESULT;
  expect(importPreviewHtml('x', rest)).not.toContain('<figure');
});

test('of several clips each is shown, and why there is nothing for one', () => {
  const html = importManyPreviewHtml('COCO: /data/a.json', [
    { name: 'a.mp4', outcome: { result: RESULT } },
    { name: '<b>.mp4', outcome: { why: 'Nothing in it is called "<b>".' } },
  ]);
  expect(html).toContain('3 masks for 1 of 2 clips');
  expect(html).toContain('a.mp4: 3 masks on 2 frames');
  expect(html).toContain('data:image/jpeg;base64,AQID');
  expect(html).toContain('Nothing in it is called');
  expect(html).not.toContain('<b>');
});
