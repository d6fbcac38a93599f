import { createEmbeddedModel, type EmbeddedModelOptions } from '../../kernel/engine/embedded/model';
import type { VideoModel } from '../../kernel/engine/videoModel';
import { MaskletError } from '../../shared/protocol/errors';
import { defaultModelId } from '../../models/catalogue';
import { defaultModelFolder, ModelLibrary } from '../../models/library';

/**
 * The embedded model on the CPU with what is prepared for this user, to be measured without a kernel.
 * @param precision its encoder's, as a bench's option names it; without one, the machine's choice.
 */
export function benchModel(precision: string | undefined): VideoModel {
  return createEmbeddedModel({
    providers: ['cpu'],
    threads: 0,
    cacheFolder: new ModelLibrary(defaultModelFolder()).graphFolderOf(defaultModelId),
    precision: precisionOf(precision),
  });
}

function precisionOf(name = 'auto'): NonNullable<EmbeddedModelOptions['precision']> {
  if (name === 'auto' || name === 'original' || name === 'float32' || name === 'int8') return name;
  throw new MaskletError('internal', `There is no precision "${name}".`, {
    hint: 'There are int8, float32 and original.',
  });
}
