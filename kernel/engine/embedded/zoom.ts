import { originalSize } from '../../../models/embedded/prepare';
import type { Box, Quality, View } from '../../../shared/domain/annotations';
import type { StoredMask, Zoom } from '../videoModel';
import {
  lookAgain,
  lookOut,
  rememberedView,
  wholeFrame,
  type Extent,
  type Inputs,
  type Outlook,
  type Track,
} from '../zoom/window';

/** What each preset looks at objects with. */
export const presets: Readonly<Record<Quality, Inputs>> = {
  fast: { sizes: [512, 672], forParts: false },
  balanced: { sizes: [512, 768, 896], forParts: true },
  best: { sizes: [768, 1024], forParts: true },
};

/** What they look at whole frames with for a great many clicks, each of which costs as the square of this. */
const clickSizes: Readonly<Record<Quality, number>> = { fast: 512, balanced: 768, best: originalSize };

const known = new Set([originalSize, ...Object.values(presets).flatMap(({ sizes }) => sizes)]);

/** What windows depend on of the engine that is loaded. */
interface Loaded {
  /** Whether there are other input sizes than the files' own. */
  readonly scales: boolean;
  readonly provider: string;
}

/**
 * The built-in model's windows. A CPU runs it at any input size; an accelerator at the files' own, which is fast there; a CPU
 * that runs the files as they came keeps to whole frames, since a window each would cost it too much.
 */
export class EmbeddedZoom implements Zoom {
  /** @param loaded the engine while it is loaded. */
  constructor(private readonly loaded: () => Loaded | undefined) {}

  lookOut(track: Track, quality: Quality): Outlook {
    const inputs = this.inputs(quality);
    return inputs ? lookOut(track, inputs) : { view: { part: wholeFrame(track.video), size: originalSize } };
  }

  lookAgain(from: Outlook, found: Box | undefined, video: Extent, quality: Quality): Outlook | undefined {
    const inputs = this.inputs(quality);
    return inputs && lookAgain(from, found, video, inputs);
  }

  glance(video: Extent, quality: Quality): View {
    const inputs = this.inputs(quality);
    const size = inputs && inputs !== onlyOriginal ? clickSizes[quality] : originalSize;
    return { part: wholeFrame(video), size };
  }

  rememberedView(stored: StoredMask, now: Outlook, video: Extent, quality: Quality): View {
    const inputs = this.inputs(quality);
    if (!inputs) return { part: wholeFrame(video), size: originalSize };
    // A sidecar may name any size; there are graphs for these alone.
    const { view: seen, ...rest } = stored;
    const view = rememberedView(seen && known.has(seen.size) ? stored : rest, now, video, inputs);
    // A mask of another machine may have been found at a size that there is not here.
    return inputs === onlyOriginal ? { ...view, size: originalSize } : view;
  }

  private inputs(quality: Quality): Inputs | undefined {
    const engine = this.loaded();
    if (!engine || engine.scales) return presets[quality];
    return engine.provider === 'cpu' ? undefined : onlyOriginal;
  }
}

const onlyOriginal: Inputs = { sizes: [originalSize], forParts: true };
