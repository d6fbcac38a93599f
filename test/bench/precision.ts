import type { EmbeddedModelOptions } from '../../kernel/engine/embedded/model';
import { MaskletError } from '../../kernel/errors';

/** The embedded encoder's precision as a bench's option names it; without one, the machine's choice. */
export function precisionOf(name = 'auto'): NonNullable<EmbeddedModelOptions['precision']> {
  if (name === 'auto' || name === 'original' || name === 'float32' || name === 'int8') return name;
  throw new MaskletError('internal', `There is no precision "${name}".`, {
    hint: 'There are int8, float32 and original.',
  });
}
