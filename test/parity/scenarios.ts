import { maskSize } from '../../models/sam2/config';
import type { FrameFeatures, ObjectOutput, Sam2Model } from '../../kernel/engine/sam2/steps';
import { VideoPredictor } from './videoPredictor';
import type { Action, ManifestModel, Scenario } from './manifest';
import type { Report } from './report';
import type { TensorFile } from './tensors';

/** Runs a scenario's actions and compares every result that the reference wrote down. */
export async function compareScenario(
  model: Sam2Model,
  { config: { flags } }: ManifestModel,
  scenario: Scenario,
  clip: TensorFile,
  expected: TensorFile,
  features: (frame: number) => Promise<FrameFeatures>,
  frameCount: number,
  report: Report,
): Promise<void> {
  const [height, width] = scenario.video_size;
  const predictor = new VideoPredictor<number>(
    model,
    { frameCount, width, height, features },
    {
      fillHoleArea: flags.fill_hole_area,
      nonOverlapMasks: flags.non_overlap_masks,
      addAllFramesToCorrectAsCond: flags.add_all_frames_to_correct_as_cond,
      clearNonCondMemAroundInput: flags.clear_non_cond_mem_around_input,
      binarizeMaskFromPoints: flags.binarize_mask_from_pts_for_mem_enc,
    },
  );
  const compare = async (
    prefix: string,
    frame: number,
    outputs: ReadonlyMap<number, ObjectOutput>,
  ): Promise<void> => {
    const at = `frame${String(frame).padStart(3, '0')}`;
    for (const [object, { logits, pointer, objectScore }] of outputs) {
      const results = { low_res_logits: logits, obj_ptr: pointer, object_score_logit: [objectScore] };
      for (const [kind, values] of Object.entries(results)) {
        const name = `${prefix}/obj${object}/${at}/${kind}`;
        report.compare(`${scenario.name}: ${kind}`, values, (await expected.floats(name)).data);
      }
    }
    const name = `${prefix}/${at}/video_res_logits`;
    if (!expected.has(name)) return;
    const planes = predictor.videoLogits(outputs);
    const wanted = (await expected.floats(name)).data;
    const pixels = width * height;
    planes.forEach((plane, i) => {
      report.compare(
        `${scenario.name}: video_res_logits`,
        plane,
        wanted.subarray(i * pixels, (i + 1) * pixels),
      );
    });
    if (wanted.length !== planes.length * pixels) report.fail(`${name}: other objects than expected`);
  };

  for (const [k, action] of scenario.actions.entries()) {
    const prefix = `${String(k).padStart(2, '0')}_${action.op}`;
    if (action.op === 'propagate') {
      const order: number[] = [];
      const { start, max: maxFrames, reverse } = action;
      for await (const { frame, outputs } of predictor.propagate({ start, maxFrames, reverse })) {
        order.push(frame);
        await compare(prefix, frame, outputs);
      }
      if (order.join() !== action.expected_order.join()) {
        report.fail(`${scenario.name}: ${prefix} came in the order ${order.join(' ')}`);
      }
    } else {
      await act(predictor, action, clip, maskSize(model.config) * 4);
      if ('frame' in action && action.op !== 'clear_prompts') {
        await compare(prefix, action.frame, predictor.outputsAt(action.frame));
      }
    }
  }
  for (const name of expected.unread) report.fail(`${scenario.name}: ${name} was not compared`);
}

async function act(
  predictor: VideoPredictor<number>,
  action: Exclude<Action, { op: 'propagate' }>,
  clip: TensorFile,
  size: number,
): Promise<void> {
  switch (action.op) {
    case 'add_points': {
      const { points, labels, box, clear_old_points: clear = true } = action;
      await predictor.addPoints(action.obj, action.frame, { points, labels, box, keepOldPoints: !clear });
      return;
    }
    case 'add_mask': {
      const mask = Float32Array.from(await clip.bytes('gt_masks_u8', action.frame, action.gt_index));
      await predictor.addMask(action.obj, action.frame, { data: mask, width: size, height: size });
      return;
    }
    case 'clear_prompts':
      predictor.clearPrompts(action.obj, action.frame);
      return;
    case 'remove_object':
      predictor.removeObject(action.obj);
      return;
  }
}
