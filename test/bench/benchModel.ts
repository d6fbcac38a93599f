import { createEmbeddedModel, type EmbeddedModelOptions } from '../../kernel/engine/embedded/model';
import type { VideoModel } from '../../kernel/engine/videoModel';
import { isQuality, qualities, type Quality } from '../../shared/domain/annotations';
import { MaskletError } from '../../shared/protocol/errors';
import { defaultModelId } from '../../models/catalogue';
import { defaultModelFolder, ModelLibrary } from '../../models/library';

/** Not a preset: what was before there were windows. */
const wholeFrameQuality = 'whole-frame';

/**
 * The embedded model on the CPU with what is prepared for this user, to be measured without a kernel.
 * @param quality `whole-frame`: without windows, at 1024 pixels, as the contestant of all presets.
 * @param precision its encoder's, as a bench's option names it; without one, the machine's choice.
 */
export function benchModel(
  precision: string | undefined,
  quality = 'balanced',
): { model: VideoModel; quality: Quality } {
  const whole = quality === wholeFrameQuality || precision === 'original';
  if (!whole && !isQuality(quality)) {
    throw new MaskletError('internal', `There is no quality "${quality}".`, {
      hint: `There are ${[...qualities, wholeFrameQuality].join(', ')}.`,
    });
  }
  const model = createEmbeddedModel({
    providers: ['cpu'],
    threads: 0,
    cacheFolder: new ModelLibrary(defaultModelFolder()).graphFolderOf(defaultModelId),
    precision: precisionOf(precision),
    zoom: !whole,
  });
  return { model, quality: isQuality(quality) ? quality : 'balanced' };
}

function precisionOf(name = 'auto'): NonNullable<EmbeddedModelOptions['precision']> {
  if (name === 'auto' || name === 'original' || name === 'float32' || name === 'int8') return name;
  throw new MaskletError('internal', `There is no precision "${name}".`, {
    hint: 'There are int8, float32 and original.',
  });
}
