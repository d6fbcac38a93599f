import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Annotations, promptRevision } from '../../../../kernel/annotations/annotations';
import { changedBy, framesOf, isEmpty } from '../../../../kernel/annotations/changed';
import type { Change } from '../../../../kernel/storage/api';
import type { FramePrompt, MaskRecord } from '../../../../shared/domain/annotations';
import { withChanged, type EditedDocument } from '../../../../shared/protocol/changed';
import { FrameMasks } from '../../../../webview/editor/state/frameMasks';
import { maskView } from '../../../support/webviewFixtures';

const FRAMES = 24;
const MODEL = { id: 'm', sha256: 's' };
const IDS = ['a', 'b', 'c'] as const;

const range = fc
  .tuple(fc.nat(FRAMES - 1), fc.nat(FRAMES - 1))
  .map(([p, q]) => [Math.min(p, q), Math.max(p, q)]);
const step = fc.record({
  kind: fc.constantFrom('add', 'remove', 'prompt', 'unprompt', 'track', 'draw', 'verify', 'delete', 'mark'),
  id: fc.constantFrom(...IDS),
  range,
  on: fc.boolean(),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function framesBetween([first, last]: readonly number[]): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

/** What an edit of this kind would write. */
function changeOf(annotations: Annotations, { kind, id, range: between, on }: Step): Change {
  if (kind === 'add')
    return { putObjects: [{ id, label: id, color: '#102030', attributes: {}, order: between[0] }] };
  if (!annotations.objects.has(id)) return {};
  const [frame] = between;
  const frames = framesBetween(between);
  const record = (at: number, change: Partial<MaskRecord>): MaskRecord => {
    const { stale, ...mask } = maskView(id, at, [8, 6], [0, 0, 1 + (at % 7), 2], change);
    return mask;
  };
  const made = { model: MODEL.id, modelSha256: MODEL.sha256 };
  const standing = frames.flatMap((at) => annotations.mask(id, at) ?? []);
  switch (kind) {
    case 'remove':
      return { removeObjects: [id] };
    case 'prompt': {
      const prompt: FramePrompt = { object: id, frame, points: [{ x: between[1], y: 1, label: on ? 1 : 0 }] };
      const provenance = { ...made, revision: promptRevision(prompt) };
      return { putPrompts: [prompt], putMasks: [record(frame, { state: 'prompted', provenance })] };
    }
    case 'unprompt':
      return { removePrompts: annotations.prompts(id).map(({ frame: at }) => ({ object: id, frame: at })) };
    case 'track': {
      const direction = on ? 'forward' : 'backward';
      return {
        putMasks: frames.map((at) => {
          const provenance = {
            ...made,
            revision: annotations.trackRevision(id, at, direction),
            direction,
          } as const;
          return record(at, { state: 'propagated', provenance });
        }),
      };
    }
    case 'draw':
      return { putMasks: [record(frame, { state: 'edited' })] };
    case 'verify':
      return { putMasks: standing.map((mask) => ({ ...mask, verified: on })) };
    case 'delete':
      return { removeMasks: standing.map(({ frame: at }) => ({ object: id, frame: at })) };
    case 'mark': {
      const mark = { object: id, kind: 'absent', first: between[0], last: between[1] } as const;
      return on ? { putMarks: [mark] } : { removeMarks: [mark] };
    }
  }
}

function documentOf(annotations: Annotations): EditedDocument {
  const objects = [...annotations.objects.values()];
  return {
    objects,
    prompts: objects.flatMap(({ id }) => annotations.prompts(id)),
    marks: annotations.allMarks,
    status: objects.map(({ id }) => annotations.status(id)),
    conflicts: [],
  };
}

const sorted = (document: EditedDocument): EditedDocument => {
  const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  return { ...document, prompts: [...document.prompts].sort(byText) };
};

test('whoever applies what each edit answers shows what a whole snapshot and all masks would say', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const annotations = new Annotations({ objects: [], prompts: [], masks: [], marks: [] }, MODEL);
      let shown = documentOf(annotations);
      const masks = new FrameMasks();
      const ask = (): void => {
        for (let frame = 0; frame < FRAMES; frame++)
          if (!masks.isComplete(frame)) masks.set(frame, annotations.masksOfFrame(frame));
      };
      ask();
      for (const one of steps) {
        const change = changeOf(annotations, one);
        if (isEmpty(change)) continue;
        const frames = framesOf(annotations, change);
        annotations.apply(change);
        const standing = { conflicts: [], dirty: true, revision: 1 };
        const changed = { ...changedBy(annotations, change, frames), ...standing };
        shown = withChanged(shown, structuredClone(changed));
        masks.takeChanged(structuredClone(changed));
        expect(sorted(shown)).toEqual(sorted(documentOf(annotations)));
        // Where an answer left masks out, whoever shows frames asks for them; the others must be right without asking.
        ask();
        for (let frame = 0; frame < FRAMES; frame++) {
          const byObject = [...masks.get(frame)].sort((a, b) => (a.object < b.object ? -1 : 1));
          const expected = annotations.masksOfFrame(frame).sort((a, b) => (a.object < b.object ? -1 : 1));
          expect(byObject).toEqual(expected);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('an edit leaves what it does not touch as it is, by identity', () => {
  const annotations = new Annotations(
    {
      objects: IDS.map((id, order) => ({ id, label: id, color: '#102030', attributes: {}, order })),
      prompts: [{ object: 'b', frame: 3, points: [] }],
      masks: [],
      marks: [{ object: 'b', kind: 'absent', first: 1, last: 2 }],
    },
    MODEL,
  );
  const before = documentOf(annotations);
  const change: Change = { putPrompts: [{ object: 'a', frame: 0, points: [{ x: 1, y: 1, label: 1 }] }] };
  const frames = framesOf(annotations, change);
  annotations.apply(change);
  const standing = { conflicts: [], dirty: true, revision: 1 };
  const after = withChanged(before, { ...changedBy(annotations, change, frames), ...standing });
  expect(after.objects).toBe(before.objects);
  expect(after.marks).toBe(before.marks);
  expect(after.conflicts).toBe(before.conflicts);
  expect(after.status[0]).not.toBe(before.status[0]);
  expect(after.status[1]).toBe(before.status[1]);
  expect(after.prompts.map(({ object }) => object)).toEqual(['a', 'b']);
});
