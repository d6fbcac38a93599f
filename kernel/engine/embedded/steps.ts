import { prepareGraphs } from '../../../models/embedded/prepare';
import { MaskletError } from '../../../shared/protocol/errors';
import type { WorkerHandlers } from '../../workers/rpc';
import { sharedCopy } from '../../workers/sharedCopy';
import { cropRle } from '../../masks/maskPart';
import { fromModelError } from '../modelErrors';
import { judge } from '../proposals/readings';
import type { OnnxSessions } from '../onnx/sessions';
import { maskCoverage } from './coverage';
import { decode, type FrameFeatures } from './decoder';
import { maskGridOf, trackingDefaults } from './parameters';
import { comparePrecisions } from './precision';
import { answerPrompt, questionPrompt } from './prompts';
import { matchFeatures } from './readout';
import { trackObjects } from './tracking';
import type { EmbeddedApi } from './workerApi';

/** The embedded engine's work inside an inference thread. */
export function embeddedSteps(sessions: OnnxSessions): WorkerHandlers<EmbeddedApi> {
  const runner = (handle: number) => (feeds: Parameters<OnnxSessions['run']>[1]) =>
    sessions.run(handle, feeds);
  return {
    encode: async ({ handle, image, size }) => {
      const start = performance.now();
      const outputs = await sessions.run(handle, {
        image: { data: image, dims: [1, 3, size, size] },
      });
      const output = (name: string): Float32Array => {
        const tensor = outputs[name];
        if (!(tensor?.data instanceof Float32Array)) {
          throw new MaskletError('model/failed', `The image encoder gave no "${name}".`);
        }
        return tensor.data;
      };
      const embed = output('image_embed');
      const match = matchFeatures(embed);
      const features: FrameFeatures = {
        size,
        imageEmbed: sharedCopy(embed, Float32Array),
        highRes0: sharedCopy(output('high_res_feats_0'), Float32Array),
        highRes1: sharedCopy(output('high_res_feats_1'), Float32Array),
      };
      return {
        features,
        match: { query: sharedCopy(match.query, Uint8Array), keys: sharedCopy(match.keys, Int8Array) },
        ms: performance.now() - start,
      };
    },

    remember: ({ mask, view: { part, size } }) =>
      sharedCopy(maskCoverage(cropRle(mask, part), maskGridOf(size)), Float32Array),

    comparePrecisions: ({ threads, effort }) => comparePrecisions(sessions, threads, effort),

    prepare: async (options) => {
      try {
        return await prepareGraphs(options);
      } catch (error) {
        throw fromModelError(error);
      }
    },

    predict: async ({ handle, frame, questions }, context) => {
      const start = performance.now();
      const candidates = await decode(runner(handle), frame, questions.map(questionPrompt));
      const answers = questions.map((question, i) => answerPrompt(question, candidates[i]));
      for (const { logits } of answers) context.transfer(logits.buffer as ArrayBuffer);
      return { answers, ms: performance.now() - start };
    },

    propose: async ({ handle, frame, points, batch }, context) => {
      const start = performance.now();
      const clicks = points.map((point) => ({ coordinates: point, labels: [1] }));
      const readings = judge(await decode(runner(handle), frame, clicks, batch));
      for (const { logits } of readings) context.transfer(logits.buffer as ArrayBuffer);
      return { readings, ms: performance.now() - start };
    },

    track: async ({ decoder, memory, frame, query, memories, objects, wasSeen }, context) => {
      const models = { decoder: runner(decoder), memory: runner(memory) };
      const result = await trackObjects(models, frame, query, memories, objects, wasSeen, trackingDefaults);
      for (const { logits } of result.tracked) if (logits) context.transfer(logits.buffer as ArrayBuffer);
      return result;
    },
  };
}
