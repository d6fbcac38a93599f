import type { FramePrompt, MaskView, ObjectId, ObjectRecord } from '../../shared/domain/annotations';
import type { EditMethod, Edits } from '../../shared/edits';
import type { Changed } from '../../shared/protocol/changed';
import type { DocumentState } from '../../shared/protocol/editor';
import { withMasks } from '../../webview/editor/state/documentState';
import { withFrame, withoutFrame } from '../../webview/editor/state/ranges';
import { objectStatus } from './webviewFixtures';

/** What a test's host says to an edit, in short; the rest of the answer follows from what was asked. */
export type ShortAnswer = MaskView | ObjectRecord | Pick<Changed, 'changed' | 'frames'> | null;

type Asked = {
  [M in EditMethod]: { readonly method: M; readonly params: Edits[M][0] };
}[EditMethod];

/** The whole answer of a host that has `state` and these masks of a frame, as the kernel would give it. */
export function answerTo(
  asked: Asked,
  short: ShortAnswer,
  state: DocumentState,
  masksOf: (frame: number) => readonly MaskView[],
): Changed & { readonly mask?: MaskView | null; readonly object?: ObjectRecord } {
  const { conflicts } = state;
  const nothing: Changed = {
    changed: true,
    frames: [],
    masks: [],
    rows: {},
    status: [],
    conflicts,
    dirty: true,
    revision: 1,
  };
  if (short && 'mask' in short) {
    const { object, frame } = short;
    const others = masksOf(frame).filter((mask) => mask.object !== object);
    const prompt = promptAsked(asked, promptOf(state, object, frame), short);
    return {
      ...nothing,
      frames: [frame],
      masks: [{ frame, masks: [...others, short] }],
      rows: { putPrompts: prompt ? [prompt] : [] },
      status: withMasks(state, frame, [short]).status.filter((status) => status.object === object),
      mask: short,
    };
  }
  if (short && 'id' in short)
    return { ...nothing, rows: { putObjects: [short] }, status: [objectStatus(short.id)], object: short };
  return short ? { ...nothing, ...short } : { ...nothing, ...done(asked, state) };
}

/** What edits do that are answered without a mask. */
function done(asked: Asked, state: DocumentState): Partial<Changed> {
  const statusOf = (object: ObjectId) => state.status.find((status) => status.object === object);
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- other edits change nothing here
  switch (asked.method) {
    case 'object/update': {
      const known = state.objects.find(({ id }) => id === asked.params.object);
      const { object, ...changes } = asked.params;
      return { rows: { putObjects: known ? [{ ...known, ...changes }] : [] } };
    }
    case 'object/remove':
      return { rows: { removeObjects: [asked.params.object] } };
    case 'object/verify': {
      const { object, frames = [], verified } = asked.params;
      const status = statusOf(object);
      const set = verified ? withFrame : withoutFrame;
      return { status: status ? [{ ...status, verified: frames.reduce(set, status.verified) }] : [] };
    }
    case 'object/setPrompt':
    case 'object/clearPrompts': {
      const { object, frame = 0 } = asked.params;
      const status = statusOf(object);
      return {
        rows: { removePrompts: [{ object, frame }] },
        status: status ? [{ ...status, prompted: withoutFrame(status.prompted, frame) }] : [],
      };
    }
    case 'session/resolveConflicts': {
      const { conflicts } = asked.params;
      return { conflicts: state.conflicts.filter(({ id }) => !conflicts.includes(id)) };
    }
    default:
      return {};
  }
}

function promptAsked(
  asked: Asked,
  before: FramePrompt | undefined,
  { object, frame }: MaskView,
): FramePrompt | undefined {
  const points = before?.points ?? [];
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- other edits change nothing here
  switch (asked.method) {
    case 'object/addPoints':
      return { ...before, object, frame, points: [...points, ...asked.params.points] };
    case 'object/addBox':
      return { ...before, object, frame, points, box: asked.params.box };
    case 'object/setPrompt': {
      const { candidate, ...prompt } = asked.params;
      return { ...prompt, ...(candidate ? { candidate } : {}) };
    }
    default:
      return undefined;
  }
}

function promptOf(state: DocumentState, object: ObjectId, frame: number): FramePrompt | undefined {
  return state.prompts.find((prompt) => prompt.object === object && prompt.frame === frame);
}
