/** Pictures of the editor in its states, sizes and themes, left in `out/screenshots` to be looked at. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { DocumentState } from '../../../../shared/protocol/editor';
import type {
  FramePrompt,
  ObjectCurve,
  ObjectStatus,
  Suspicion,
} from '../../../../shared/domain/annotations';
import type { FrameRange } from '../../../../shared/domain/video';
import { chromium, editorInChromium } from '../../../support/editorInChromium';
import { drawPond, type Pond } from '../../../support/pond';
import { saveScreenshot } from '../../../support/screenshots';
import { documentState, objectRecord, objectStatus } from '../../../support/webviewFixtures';
import type { EditorHarness, EditorOptions } from '../../../support/webviewHarness';
import { THEMES, type ThemeName } from '../../../support/webviewThemes';

const SIZES = [
  { width: 1400, height: 900 },
  { width: 1000, height: 700 },
];
const FRAMES = 240;
const FRAME = 96;
const FISH = [
  ['f1', 'koi', '#ff8c1a'],
  ['f2', 'koi, white', '#3fa7ff'],
  ['f3', 'carp', '#c678dd'],
  ['f4', 'goldfish', '#e5c07b'],
  ['f5', 'shubunkin', '#56d364'],
] as const;
const OBJECTS = FISH.map(([id, label, color]) => objectRecord(id, label, color));
const span = (first: number, last: number): FrameRange => ({ first, last });

/** The timeline of five fish that were followed, corrected and looked through. */
const STATUS: readonly ObjectStatus[] = [
  objectStatus('f1', {
    masked: [span(0, 239)],
    prompted: [span(0, 0), span(72, 72)],
    verified: [span(0, 95)],
    edited: [span(110, 110)],
  }),
  objectStatus('f2', { masked: [span(0, 180)], prompted: [span(0, 0)], stale: [span(120, 180)] }),
  objectStatus('f3', {
    masked: [span(30, 239)],
    prompted: [span(30, 30), span(150, 150)],
    absent: [span(90, 108)],
  }),
  objectStatus('f4', {
    masked: [span(0, 239)],
    prompted: [span(0, 0)],
    edited: [span(40, 40), span(64, 64)],
  }),
  objectStatus('f5', { masked: [span(60, 200)], prompted: [span(96, 96)], verified: [span(60, 75)] }),
];
const PROMPTS: readonly FramePrompt[] = STATUS.flatMap(({ object, prompted }) =>
  prompted.map(({ first }) => ({ object, frame: first, points: [{ x: 640, y: 360, label: 1 as const }] })),
);
const SUSPICIONS: readonly Suspicion[] = [
  ...[104, 105, 106, 107].map((frame) => ({ object: 'f1', frame, reasons: ['area-jump'] as const })),
  ...[130, 131, 132].map((frame) => ({ object: 'f2', frame, reasons: ['low-object-score'] as const })),
  ...[88, 109, 110].map((frame) => ({ object: 'f3', frame, reasons: ['appears-or-vanishes'] as const })),
  ...[168, 169, 170, 171].map((frame) => ({ object: 'f5', frame, reasons: ['low-iou'] as const })),
].sort((a, b) => a.frame - b.frame);

describe.skipIf(!chromium)('pictures of', () => {
  const openEditor = editorInChromium();
  let pond: Pond;
  beforeAll(async () => {
    pond = await drawPond(24);
  });

  const video = (): DocumentState['video'] => ({
    ...documentState().video,
    path: '/clips/pond.mp4',
    frameCount: FRAMES,
    width: pond.width,
    height: pond.height,
  });
  /** Of this many fish, on every frame up to the last. */
  const answers = (count: number, last: number): EditorOptions['answers'] => ({
    'frame/image': () => pond.picture,
    'frame/masks': ({ frame }) => FISH.slice(0, count).map(([id], n) => pond.mask(n, id, frame)),
    'object/curve': (): ObjectCurve => {
      const frames = Array.from({ length: last + 1 }, (_, frame) => frame);
      const dip = (frame: number): number => (frame >= 104 && frame <= 107 ? 0.55 : 1);
      return {
        frames,
        area: frames.map((frame) => (9000 + 1500 * Math.sin(frame / 20)) * dip(frame)),
        score: frames.map((frame) => (0.96 - 0.03 * Math.abs(Math.sin(frame / 9))) * dip(frame)),
      };
    },
  });

  interface Picture {
    readonly name: string;
    readonly masks: number;
    /** The last frame that was tracked. */
    readonly last: number;
    readonly state: () => Partial<DocumentState>;
    readonly frame: number;
    /** What has to be on the page before it is pictured. */
    readonly prepare: (editor: EditorHarness) => Promise<void>;
  }
  const PICTURES: readonly Picture[] = [
    {
      name: 'empty',
      masks: 0,
      last: 0,
      state: () => ({}),
      frame: 0,
      prepare: ({ page }) => page.getByText('Click the object').waitFor(),
    },
    {
      name: 'prompts',
      masks: 1,
      last: 0,
      state: () => {
        const [x0, y0, x1, y1] = pond.mask(0, 'f1', 0).bbox;
        const points = [
          { x: (x0 + x1) / 2, y: (y0 + y1) / 2, label: 1 as const },
          { x: x0 - 20, y: y0 + 10, label: 0 as const },
        ];
        return {
          objects: OBJECTS.slice(0, 1),
          prompts: [{ object: 'f1', frame: 0, points, box: [x0 - 6, y0 - 6, x1 + 6, y1 + 6] }],
          status: [objectStatus('f1', { masked: [span(0, 0)], prompted: [span(0, 0)] })],
        };
      },
      frame: 0,
      prepare: ({ page }) => page.locator('.status-mask', { hasText: 'IoU' }).waitFor(),
    },
    {
      name: 'propagating',
      masks: 2,
      last: FRAME,
      state: () => ({
        objects: OBJECTS.slice(0, 2),
        status: OBJECTS.slice(0, 2).map(({ id }) =>
          objectStatus(id, { masked: [span(0, FRAME)], prompted: [span(0, 0)] }),
        ),
        propagation: {
          direction: 'forward',
          objects: ['f1', 'f2'],
          frame: FRAME,
          done: FRAME,
          computed: FRAME,
          total: FRAMES - 1,
          secondsPerFrame: 1.1,
          cancelling: false,
        },
      }),
      frame: FRAME,
      prepare: ({ page }) => page.getByRole('progressbar', { name: 'Propagating forward' }).waitFor(),
    },
    {
      name: 'indexing',
      masks: 2,
      last: FRAME,
      state: () => ({
        video: { ...video(), frameCount: 150, indexing: { expectedFrames: FRAMES } },
        objects: OBJECTS.slice(0, 2),
        status: OBJECTS.slice(0, 2).map(({ id }) =>
          objectStatus(id, { masked: [span(0, FRAME)], prompted: [span(0, 0)] }),
        ),
      }),
      frame: FRAME,
      prepare: ({ page }) => page.getByText('Finding frames: 150 of about 240').waitFor(),
    },
    {
      name: 'timeline',
      masks: 5,
      last: FRAMES - 1,
      state: () => ({
        objects: OBJECTS,
        status: STATUS,
        // Those of this frame would lie where there is no fish.
        prompts: PROMPTS.filter((prompt) => prompt.frame !== FRAME),
        suspicions: SUSPICIONS,
        marks: [
          { object: 'f2', kind: 'occluded', first: 60, last: 84 },
          { object: 'f4', kind: 'truncated', first: 190, last: 220 },
        ],
      }),
      frame: FRAME,
      prepare: ({ page }) => page.locator('.lane-canvas').waitFor(),
    },
    {
      name: 'polygon',
      masks: 2,
      last: FRAMES - 1,
      state: () => ({
        objects: OBJECTS.slice(0, 2),
        status: STATUS.slice(0, 2),
        prompts: PROMPTS.slice(0, 3),
      }),
      frame: FRAME,
      prepare: async (editor) => {
        await editor.page.locator('.status-mask', { hasText: 'IoU' }).waitFor();
        await editor.page.keyboard.press('Shift+E');
        await editor.page.locator('.status-line', { hasText: 'Drag corners' }).waitFor();
        await editor.page.keyboard.press('Shift+W');
        await editor.page.locator('.status-line', { hasText: 'corners, from' }).waitFor();
      },
    },
  ];

  /** Controls that a user cannot reach: outside of the window, or under something else. */
  const UNREACHABLE = `[...document.querySelectorAll('button, vscode-button, vscode-checkbox, select, input')]
    .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((element) => {
      const { left, top, right, bottom, width } = element.getBoundingClientRect();
      if (width === 0) return false;
      const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return left < 0 || top < 0 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5 || !at ||
        !(element.contains(at) || at.contains(element));
    })
    .map((element) => element.outerHTML.slice(0, 120))`;

  describe.each(PICTURES)('$name', ({ name, masks, last, state, frame, prepare }) => {
    it.each(Object.keys(THEMES) as ThemeName[])(
      '%s, at both sizes, with every control in reach',
      async (theme) => {
        const editor = await openEditor({
          state: documentState({ video: video(), ...state() }),
          view: { frame, hidden: [] },
          answers: answers(masks, last),
          theme,
          size: SIZES[0],
        });
        await editor.page.locator('.status-zoom').waitFor();
        await editor.page.locator('.stage-cover').waitFor({ state: 'detached' });
        await prepare(editor);
        for (const size of SIZES) {
          await editor.page.setViewportSize(size);
          // The curve is asked for once masks have rested.
          if (masks > 0) await editor.nthRequest('object/curve');
          await editor.nextFrame();
          await editor.nextFrame();
          expect(await editor.page.evaluate(UNREACHABLE)).toEqual([]);
          await saveScreenshot(editor.page, `editor-${name}-${theme}-${size.width}x${size.height}`);
        }
      },
    );
  });
});
