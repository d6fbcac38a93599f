import { buildModel } from '../../../models/sam2/build';
import { MaskletError } from '../../../shared/protocol/errors';
import { decodeRle } from '../../masks/rle';
import type { RleMask } from '../../../shared/domain/annotations';
import { weighSharedMemory } from '../../workers/sharedMemory';
import type { WorkerContext, WorkerHandlers } from '../../workers/rpc';
import { sharedCopy } from '../../workers/sharedCopy';
import { fromModelError } from '../modelErrors';
import type { OnnxSessions } from '../onnx/sessions';
import { judge, type ClickReadings } from '../proposals/readings';
import { resize } from './resize';
import {
  attendToMemory,
  encodeImage,
  layoutOf,
  maskPrompt,
  readClicks,
  remember,
  segmentFromMasks,
  segmentFromPoints,
  trackFrom,
  type FrameFeatures,
  type ObjectOutput,
  type Sam2Model,
} from './steps';
import type { LoadedGraphs, Sam2Answer, Sam2Api } from './workerApi';

/** The full model's work inside an inference thread. */
export function sam2Steps(sessions: OnnxSessions): WorkerHandlers<Sam2Api> {
  const modelOf = ({ config, handles }: LoadedGraphs): Sam2Model => ({
    config,
    run: (graph, feeds) => {
      const handle = handles[graph];
      if (handle === undefined) throw new MaskletError('internal', `${graph} is not loaded in this thread.`);
      return sessions.run(handle, feeds);
    },
  });
  return {
    sam2Build: async ({ checkpoint, options }, { signal }) => {
      try {
        return await buildModel(checkpoint, { ...options, signal });
      } catch (error) {
        throw fromModelError(error);
      }
    },

    sam2Encode: async ({ model, image }) => {
      const start = performance.now();
      const { highRes0, highRes1, imageEmbed } = await encodeImage(modelOf(model), image);
      const features = {
        highRes0: sharedCopy(highRes0, Float32Array),
        highRes1: sharedCopy(highRes1, Float32Array),
        imageEmbed: sharedCopy(imageEmbed, Float32Array),
      };
      return { features, ms: performance.now() - start };
    },

    sam2Predict: async ({ model: loaded, frame, questions }, context) => {
      weighFrame(frame);
      const start = performance.now();
      const model = modelOf(loaded);
      const answers: ObjectOutput[] = [];
      // One by one: numbers of points differ, and an object's result must not depend on what else is asked.
      for (const { prompt, previous } of questions) {
        const mask = previous && (await maskPrompt(model, [toSquare(previous, model.config.imageSize)]));
        answers.push(...(await segmentFromPoints(model, frame, [prompt], mask?.logits)));
      }
      return { answers: answers.map((output) => toAnswer(output, context)), ms: performance.now() - start };
    },

    sam2Propose: async ({ model: loaded, frame, points, batch }, context) => {
      weighFrame(frame);
      const start = performance.now();
      const model = modelOf(loaded);
      const clicks: ClickReadings[] = [];
      for (let from = 0; from < points.length; from += batch)
        clicks.push(...(await readClicks(model, frame, points.slice(from, from + batch))));
      const readings = judge(clicks);
      for (const { logits } of readings) context.transfer(logits.buffer as ArrayBuffer);
      return { readings, ms: performance.now() - start };
    },

    sam2Remember: async ({ model: loaded, frame, mask }) => {
      weighFrame(frame);
      const model = modelOf(loaded);
      const outputs = await segmentFromMasks(model, frame, [toSquare(mask, model.config.imageSize)]);
      const [memory] = await remember(model, frame, outputs, true);
      return {
        memory: sharedCopy(memory, Float32Array),
        pointer: sharedCopy(outputs[0].pointer, Float32Array),
      };
    },

    sam2Track: async ({ model: loaded, frame, selections, together }, context) => {
      weighFrame(frame);
      for (const { memories, pointers } of selections) {
        weighSharedMemory(...memories.map(({ output }) => output.memory));
        weighSharedMemory(...pointers.map(({ output }) => output.pointer));
      }
      const model = modelOf(loaded);
      const answers = new Array<Sam2Answer>(selections.length);
      let memoryReadMs = 0;
      let maskDecodeMs = 0;
      const groups = new Map<string, number[]>();
      selections.forEach((selection, i) => {
        const key = together ? layoutOf(selection) : String(i);
        groups.set(key, [...(groups.get(key) ?? []), i]);
      });
      for (const members of groups.values()) {
        const start = performance.now();
        const conditioned = await attendToMemory(
          model,
          frame,
          members.map((i) => selections[i]),
        );
        const attended = performance.now();
        const outputs = await trackFrom(model, frame, conditioned, members.length);
        outputs.forEach((output, n) => (answers[members[n]] = toAnswer(output, context)));
        memoryReadMs += attended - start;
        maskDecodeMs += performance.now() - attended;
      }
      return { answers, memoryReadMs, maskDecodeMs };
    },
  };
}

/** Each request brings the features anew, as far as this thread's garbage collector knows. */
function weighFrame({ highRes0, highRes1, imageEmbed }: FrameFeatures): void {
  weighSharedMemory(highRes0, highRes1, imageEmbed);
}

function toAnswer({ logits, iou, objectScore }: ObjectOutput, context: WorkerContext): Sam2Answer {
  context.transfer(logits.buffer as ArrayBuffer);
  return { logits, iou, objectScore };
}

/** A mask in video pixels as the model's square takes it: [size, size] of 0 and 1. */
function toSquare(mask: RleMask, size: number): Float32Array {
  const [height, width] = mask.size;
  const plane = { data: Float32Array.from(decodeRle(mask)), width, height };
  return resize(plane, size, size, true).data.map((share) => (share >= 0.5 ? 1 : 0));
}
