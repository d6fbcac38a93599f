import { CancelledError, MaskletError } from '../../shared/protocol/errors';
import { rleArea, rleBox } from '../masks/rle';
import type {
  AddBoxParams,
  AddMaskParams,
  AddPointsParams,
  ClearPromptsParams,
  LocalEdit,
  MaskResult,
  PromptChanged,
  SetPromptParams,
} from '../../shared/edits';
import type { Changed } from '../../shared/protocol/changed';
import type { Editing, EncodeFrameParams, PreviewParams, PreviewResult } from '../../shared/protocol/session';
import type { FrameIndex } from '../../shared/domain/video';
import type {
  Box,
  FramePrompt,
  Looking,
  MaskRecord,
  ObjectId,
  PointPrompt,
} from '../../shared/domain/annotations';
import { checkObjectId } from '../storage/sidecar/layout';
import { promptRevision } from '../annotations/annotations';
import type { EncodedFrames } from './encodedFrames';
import type { EditHandlers } from './editHandlers';
import type { EditingHost } from './editingHost';
import { missingObject } from './newObject';
import { inPlaceOf } from '../annotations/goldMasks';
import { isLocalEdit, withLocal } from '../annotations/localMasks';
import { editedMask, predictedMask } from '../annotations/maskRecord';
import {
  checkBox,
  checkFrame,
  checkMask,
  checkPoints,
  toObjectPrompt,
  withPoints,
  withoutPoints,
} from '../annotations/prompts';
import { withPart } from './promptPart';
import { SerialQueue } from './serialQueue';

/** Dependencies of `PromptEdits`. */
export interface PromptingHost extends EditingHost {
  /** The clip's frames and the model that encodes them, opened again where the session was idle. */
  encoded(): Promise<EncodedFrames>;
  /** The same where they are there already. */
  encodedNow(): EncodedFrames | undefined;
}

type Handled =
  | 'object/addPoints'
  | 'object/addBox'
  | 'object/addMask'
  | 'object/refine'
  | 'object/setPrompt'
  | 'object/clearPrompts';

const NO_TIME: MaskResult['timings'] = { encodeMs: 0, decodeMs: 0 };

/** Clicks, boxes and given masks, one after another, and the masks that the model answers them with. */
export class PromptEdits {
  readonly handlers: Pick<EditHandlers, Handled> = {
    'object/addPoints': (params) => this.addPoints(params),
    'object/addBox': (params) => this.addBox(params),
    'object/addMask': (params) => this.addMask(params),
    'object/refine': (params) => this.refine(params),
    'object/setPrompt': (params) => this.setPrompt(params),
    'object/clearPrompts': (params) => this.clearPrompts(params),
  };

  private readonly queue = new SerialQueue();
  /** An encoding under way that a preview would have wanted: one at a time, however much the pointer moves. */
  private lookingCloser: Promise<void> | undefined;

  constructor(private readonly host: PromptingHost) {}

  /** Does something while no prompt is being answered. */
  async between(task: () => Promise<void> | void): Promise<void> {
    await this.queue.run(async () => await task());
  }

  /** Adds clicks on a frame and predicts its mask; on a tracked frame they correct the mask that stands there. */
  async addPoints(params: AddPointsParams & Editing): Promise<MaskResult> {
    checkFrame(this.host.video, params.frame);
    checkPoints(this.host.video, params.points);
    return await this.prompt(params, (prompt, standing) =>
      withPoints(
        { object: params.object, frame: params.frame },
        params.replace ? withoutPoints(prompt) : prompt,
        standing,
        params.points,
      ),
    );
  }

  /** `addPoints` on a frame that has a mask already. */
  async refine(params: AddPointsParams & Editing): Promise<MaskResult> {
    checkFrame(this.host.video, params.frame);
    if (!this.host.annotations.mask(params.object, params.frame)) {
      throw new MaskletError(
        'prompt/invalid',
        `Object ${params.object} has no mask on frame ${params.frame} that could be corrected.`,
        { hint: 'Propagate to this frame first, or add points to start here.' },
      );
    }
    return await this.addPoints(params);
  }

  async addBox(params: AddBoxParams & Editing): Promise<MaskResult> {
    checkFrame(this.host.video, params.frame);
    checkBox(this.host.video, params.box);
    const { object, frame, box, points = [], replace } = params;
    if (points.length > 0) checkPoints(this.host.video, points);
    return await this.prompt(params, (before) => {
      const prompt: FramePrompt = (replace ? withoutPoints(before) : before) ?? { object, frame, points: [] };
      const { candidate, ...rest } = prompt;
      return { ...rest, points: [...prompt.points, ...points], box };
    });
  }

  /** Replaces what is asked on a frame: points moved or deleted, another of the model's candidates. */
  async setPrompt(params: SetPromptParams & Editing): Promise<PromptChanged> {
    const { object, frame, points, box, candidate, edit } = params;
    checkFrame(this.host.video, frame);
    this.host.requireObject(object);
    if (points.length > 0) checkPoints(this.host.video, points);
    if (box) checkBox(this.host.video, box);
    if (points.length === 0 && !box) {
      const cleared = await this.clearPrompts({ object, frame, edit });
      return { ...cleared, mask: null, prompt: null };
    }
    return await this.prompt(params, (before) => ({
      object,
      frame,
      points,
      ...(box ? { box } : {}),
      ...(before?.mask ? { mask: before.mask } : {}),
      ...(before?.part ? { part: before.part } : {}),
      ...(candidate ? { candidate } : {}),
    }));
  }

  /**
   * Encodes what a click on the frame would be answered from, before it comes.
   * @throws MaskletError `cancelled` where nobody wants it any more before the encoder begins.
   */
  async encode({ object, frame, visible }: EncodeFrameParams, signal: AbortSignal): Promise<null> {
    checkFrame(this.host.video, frame);
    if (visible) checkBox(this.host.video, visible);
    const frames = await this.host.encoded();
    await frames.model.load(signal);
    if (signal.aborted) throw new CancelledError();
    const [x0, y0, x1, y1] = visible ?? [0, 0, this.host.video.width, this.host.video.height];
    const middle: PointPrompt = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, label: 1 };
    const { part } = this.asked(object, frame, [middle], visible);
    await frames.get(frame, part && { part });
    return null;
  }

  /** The prompt that clicks would make on top of what the object has on the frame. */
  private asked(
    object: ObjectId | undefined,
    frame: FrameIndex,
    points: readonly PointPrompt[],
    visible: Box | undefined,
  ): FramePrompt {
    const { annotations, video } = this.host;
    const [prompt, standing] =
      object === undefined ? [] : [annotations.prompt(object, frame), annotations.mask(object, frame)];
    return withPart(
      withPoints({ object: object ?? '', frame }, prompt, standing, points),
      visible,
      standing,
      video,
    );
  }

  /**
   * What clicks would give; null where that would need the encoder first. A visible part that is not encoded yet is, for the
   * next time; until then the whole frame answers.
   */
  async preview(
    { object, frame, points, visible }: PreviewParams,
    signal: AbortSignal,
  ): Promise<PreviewResult | null> {
    checkFrame(this.host.video, frame);
    checkPoints(this.host.video, points);
    if (visible) checkBox(this.host.video, visible);
    const frames = this.host.encodedNow();
    if (!frames || frames.model.state.state !== 'ready') return null;
    const asked = this.asked(object, frame, points, visible);
    const closer = asked.part && frames.ready(frame, { part: asked.part });
    const encoded = closer ?? frames.ready(frame);
    if (asked.part && !closer && !this.lookingCloser) {
      const done = (): void => (this.lookingCloser = undefined);
      this.lookingCloser = frames.get(frame, { part: asked.part }).then(done, done);
    }
    if (!encoded) return null;
    const { predictions } = await frames.model.predict(encoded, [toObjectPrompt(asked)], signal);
    const [{ mask, iou }] = predictions;
    return { mask, iou };
  }

  /** Takes a mask as it is: as the prompt, or as the result of an edit by hand. */
  async addMask(params: AddMaskParams & Editing): Promise<MaskResult> {
    checkFrame(this.host.video, params.frame);
    checkMask(this.host.video, params.mask);
    const { object, frame, mask } = params;
    if (params.state !== 'edited')
      return await this.prompt(params, () => ({ object, frame, points: [], mask }));
    this.host.requireWritable();
    const record = editedMask(
      { object, frame, pts: this.host.pts(frame) },
      { mask, area: rleArea(mask), bbox: rleBox(mask) },
    );
    const changed = await this.host.commit(
      () => ({ putObjects: missingObject(this.host.annotations, object), putMasks: [record] }),
      params.edit,
    );
    const prompt = this.host.annotations.prompt(object, frame) ?? { object, frame, points: [] };
    const standing = this.host.annotations.mask(object, frame);
    if (!standing) throw new MaskletError('internal', `The mask of ${object} on frame ${frame} has gone.`);
    return { ...changed, mask: this.host.annotations.view(standing), prompt, timings: NO_TIME };
  }

  async clearPrompts({ object, frame, edit }: ClearPromptsParams & Editing): Promise<Changed> {
    this.host.requireObject(object);
    this.host.requireWritable();
    const frames =
      frame === undefined ? this.host.annotations.prompts(object).map((prompt) => prompt.frame) : [frame];
    return await this.host.commit(
      () => ({
        removePrompts: frames.map((at) => ({ object, frame: at })),
        removeMasks: frames
          .filter(
            (at) =>
              this.host.annotations.mask(object, at)?.state === 'prompted' &&
              !this.host.annotations.isHeld(object, at),
          )
          .map((at) => ({ object, frame: at })),
      }),
      edit,
    );
  }

  private async prompt(
    params: { object: ObjectId; frame: FrameIndex } & Editing & Looking & LocalEdit,
    update: (prompt: FramePrompt | undefined, standing: MaskRecord | undefined) => FramePrompt,
  ): Promise<MaskResult> {
    const { object, frame, edit, visible } = params;
    this.host.requireWritable();
    if (visible) checkBox(this.host.video, visible);
    // The database would refuse it as well, but only after the model ran.
    checkObjectId(object);
    return await this.queue.run(async () => {
      const before = this.host.annotations.prompt(object, frame);
      const known = this.host.annotations.mask(object, frame);
      if (isLocalEdit(this.host.annotations, object, frame, params.local))
        return await this.promptLocally(params, update(undefined, known));
      const prompt = withPart(update(before, known), visible, known, this.host.video);
      const same = before && promptRevision(before) === promptRevision(prompt);
      if (same && known?.state === 'prompted' && !this.host.annotations.isStale(known)) {
        const mask = this.host.annotations.view(known);
        return { ...this.host.unchanged(), mask, prompt, timings: NO_TIME };
      }
      const { record, timings } = await this.predict(prompt);
      const changed = await this.host.commit(
        () => ({
          putObjects: missingObject(this.host.annotations, object),
          putPrompts: [prompt],
          putMasks: [record],
        }),
        edit,
      );
      return { ...changed, mask: this.host.annotations.view(record), prompt, timings };
    });
  }

  /** The answer is kept as a mask drawn by hand would be, and the prompt is not: nothing follows from it. */
  private async promptLocally(
    { object, frame, edit, visible }: { object: ObjectId; frame: FrameIndex } & Editing & Looking,
    given: FramePrompt,
  ): Promise<MaskResult> {
    const { annotations, video } = this.host;
    const prompt = withPart(given, visible, annotations.mask(object, frame), video);
    const { record, timings } = await this.predict(prompt);
    const standing = annotations.mask(object, frame);
    const drawn = editedMask(record, record);
    const kept = standing?.gold ? inPlaceOf(standing, drawn) : withLocal(drawn, true);
    const changed = await this.host.commit(() => {
      // Somebody may have clicked there meanwhile.
      isLocalEdit(annotations, object, frame, true);
      return { putObjects: missingObject(annotations, object), putMasks: [kept] };
    }, edit);
    return { ...changed, mask: annotations.view(kept), prompt: { object, frame, points: [] }, timings };
  }

  private async predict(
    prompt: FramePrompt,
  ): Promise<{ record: MaskRecord; timings: MaskResult['timings'] }> {
    const encoded = await this.host.encoded();
    const { model } = encoded;
    await model.load();
    const view = prompt.part && { part: prompt.part };
    const known = encoded.has(prompt.frame, view);
    const started = performance.now();
    const frame = await encoded.get(prompt.frame, view);
    const ready = performance.now();
    const { predictions } = await model.predict(frame, [toObjectPrompt(prompt)]);
    const decodeMs = performance.now() - ready;
    const [prediction] = predictions;
    const place = { object: prompt.object, frame: prompt.frame, pts: this.host.pts(prompt.frame) };
    const record = predictedMask(place, prediction, 'prompted', {
      model: model.id,
      modelSha256: model.sha256,
      revision: promptRevision(prompt),
    });
    return { record, timings: { encodeMs: known ? 0 : ready - started, decodeMs } };
  }

  /** Predicts the mask of a prompted frame again where it is missing or stale, as after a merge or a change of model. */
  async refresh(object: ObjectId, frame: FrameIndex, edit?: string): Promise<void> {
    const stands = (): boolean => {
      const mask = this.host.annotations.mask(object, frame);
      return (
        mask !== undefined &&
        (this.host.annotations.isHeld(object, frame) || !this.host.annotations.isStale(mask))
      );
    };
    await this.queue.run(async () => {
      const prompt = this.host.annotations.prompt(object, frame);
      const mask = this.host.annotations.mask(object, frame);
      const tracked = mask?.state === 'propagated' || mask?.state === 'absent';
      if (!prompt || (stands() && !(tracked && !mask.verified))) return;
      const { record } = await this.predict(prompt);
      await this.host.commit(
        () => (this.host.annotations.isHeld(object, frame) ? {} : { putMasks: [record] }),
        edit,
      );
    });
  }
}
