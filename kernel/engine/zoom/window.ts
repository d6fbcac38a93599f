// kernel/engine/zoom/: the window in which an object is looked for.
import type { Box, View } from '../../../shared/domain/annotations';
import { rleThickness } from '../../masks/maskPart';
import type { StoredMask } from '../storedMask';

/** A video's size in pixels. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What windows are tuned by; test/bench/README.md has the figures behind the defaults. */
export interface ZoomParameters {
  /** Side of the window, in larger sides of the object's box, for an object that is small in its frame ... */
  readonly tight: number;
  /** ... and for a large one, the sooner the thicker it is: a closer look gains little, and parts that leave the window are lost. */
  readonly wide: number;
  /** What counts as small and as large: the root of the box's share of the frame. */
  readonly small: number;
  readonly large: number;
  /** What counts as thin and as thick: the thickness as a share of the box's larger side. */
  readonly thin: number;
  readonly thick: number;
  /** How much larger a thick object counts than it is, in the same shares. */
  readonly bulk: number;
  /** What is left, with every frame, of the extent that an object once had: a part that was lost is still looked for. */
  readonly shrink: number;
  /**
   * A mask with less than this share of the pixels that the object had a moment ago is what something in front leaves of it:
   * it is looked for in the whole frame, where it can come out anywhere.
   */
  readonly hidden: number;
  /** How many times the last error of the predicted place is added on each side. */
  readonly surprise: number;
  /** Below this predicted IoU the last mask is in doubt ... */
  readonly sure: number;
  /** ... and the window so many times as wide. */
  readonly doubt: number;
  /** How much wider a window is in which a mask touched the edge. */
  readonly retry: number;
  /** A window that would show more than this share of the frame shows all of it. */
  readonly whole: number;
  /** Side of the smallest window, in video pixels. */
  readonly smallest: number;
  /** Pixels of the encoder's input that an object's parts should be thick. */
  readonly partPixels: number;
  /** What is thinner than so many pixels of the video is not looked at in the smallest input: little is left of it there. */
  readonly detail: number;
  /** A window is stretched no more than so many times ... */
  readonly stretch: number;
  /** ... and shrunk no further than to this, as far as the sizes go: in a whole frame made small, parts get lost for good. */
  readonly squeeze: number;
}

export const zoomDefaults: ZoomParameters = {
  tight: 1.5,
  wide: 2.2,
  small: 0.35,
  large: 0.55,
  thin: 0.1,
  thick: 0.16,
  bulk: 0.2,
  shrink: 0.95,
  hidden: 0.2,
  surprise: 0.3,
  sure: 0.5,
  doubt: 1.5,
  retry: 1.6,
  whole: 0.8,
  smallest: 96,
  partPixels: 32,
  detail: 36,
  stretch: 4,
  squeeze: 0.85,
};

/** What a preset chooses the encoder's input from. */
export interface Inputs {
  /** Sides in pixels, ascending. */
  readonly sizes: readonly number[];
  /** Whether thin parts get a larger input; else only windows that would be shrunk do. */
  readonly forParts: boolean;
}

/** Where an object is looked for on a frame. */
export interface Outlook {
  readonly view: View;
  /** Where its centre is expected and how large it is; undefined where it may be anywhere. */
  readonly expected?: { readonly centre: Point; readonly side: number };
}

/** Sides of windows grow in steps of an eighth of an octave, and are placed in steps of a sixteenth of themselves. */
const sidesInOctave = 8;
const placesInSide = 16;
/** A faster change of size, and a longer step, are a mistake rather than the object's. */
const mostGrowth = 1.25;
const mostStep = 1;
/** How near an edge, as a share of the side, a mask touches it. */
const edge = 0.01;

export const wholeFrame = ({ width, height }: Extent): Box => [0, 0, width, height];

export const isWhole = ([x0, y0, x1, y1]: Box, { width, height }: Extent): boolean =>
  x0 === 0 && y0 === 0 && x1 === width && y1 === height;

export const centreOf = ([x0, y0, x1, y1]: Box): Point => ({ x: (x0 + x1) / 2, y: (y0 + y1) / 2 });

const sideOf = ([x0, y0, x1, y1]: Box): number => Math.max(x1 - x0, y1 - y0);

/** The square of about `side` around `centre`, as far as the frame reaches, on the grid that windows keep to. */
export function windowAround(centre: Point, side: number, video: Extent, p: ZoomParameters): Box {
  const octave = Math.log2(Math.max(p.smallest, side));
  const stepped = 2 ** (Math.ceil(octave * sidesInOctave - 1e-6) / sidesInOctave);
  const along = (middle: number, extent: number): readonly [number, number] => {
    const length = Math.min(extent, Math.round(stepped));
    const place = stepped / placesInSide;
    const from = Math.round(Math.round((middle - length / 2) / place) * place);
    const start = Math.max(0, Math.min(extent - length, from));
    return [start, start + length];
  };
  const [x0, x1] = along(centre.x, video.width);
  const [y0, y1] = along(centre.y, video.height);
  const share = ((x1 - x0) * (y1 - y0)) / (video.width * video.height);
  return share > p.whole ? wholeFrame(video) : [x0, y0, x1, y1];
}

/** How wide a window is for an object whose box has this size, in larger sides of it. */
function widthFor(width: number, height: number, thinness: number, video: Extent, p: ZoomParameters): number {
  const share = Math.sqrt((width * height) / (video.width * video.height));
  const between = (value: number, from: number, to: number): number =>
    Math.max(0, Math.min(1, (value - from) / (to - from)));
  const wide = between(share + p.bulk * between(thinness, p.thin, p.thick), p.small, p.large);
  return p.tight + (p.wide - p.tight) * wide;
}

/** An object's thickness as a share of its larger side: about 0.05 for a cyclist, 0.2 for a fish or a car. */
function thinness({ mask, bbox }: StoredMask): number {
  return rleThickness(mask) / Math.max(1, sideOf(bbox));
}

/**
 * The smallest input that shows an object's parts well.
 * @param part the window.
 * @param thickness of the object's parts in video pixels.
 */
function inputSize(part: Box, thickness: number, { sizes, forParts }: Inputs, p: ZoomParameters): number {
  const forThem = forParts ? Math.min(p.stretch, p.partPixels / Math.max(1, thickness)) : 0;
  const wanted = sideOf(part) * Math.max(p.squeeze, forThem);
  const fine = forParts && thickness < p.detail && sideOf(part) * p.stretch > sizes[0];
  const fit = fine && sizes.length > 1 ? sizes.slice(1) : sizes;
  return fit.find((size) => size >= wanted) ?? fit.at(-1)!;
}

/** What a window is chosen from: the masks of the object alone. */
export interface Track {
  readonly frame: number;
  readonly video: Extent;
  /** The masks behind the frame in the direction of travel that count, nearest first. */
  readonly behind: readonly StoredMask[];
  /** The nearest mask that somebody made or vouched for. */
  readonly anchor: StoredMask | undefined;
}

/** What is known of an object before its frame is looked at. */
interface Expected {
  readonly centre: Point;
  readonly width: number;
  readonly height: number;
  readonly error: number;
  readonly iou: number;
  readonly thinness: number;
}

function expect({ frame, behind, anchor }: Track, p: ZoomParameters): Expected | undefined {
  const [last, ...earlier] = behind;
  if (!last || last.area === 0) return undefined;
  const steps = (mask: StoredMask): number => Math.abs(frame - mask.frame);
  const seen = [last];
  for (const mask of earlier) {
    if (mask.area === 0) break;
    seen.push(mask);
  }
  if (seen.some((mask) => last.area < p.hidden * mask.area * p.shrink ** (2 * (steps(mask) - steps(last)))))
    return undefined;
  const [at, before, first] = seen.map(({ bbox }) => centreOf(bbox));
  const [, previous, third] = seen;
  const motion = (to: Point, from: Point, frames: number): Point => ({
    x: (to.x - from.x) / frames,
    y: (to.y - from.y) / frames,
  });
  const speed = previous === undefined ? { x: 0, y: 0 } : motion(at, before, steps(previous) - steps(last));
  const most = mostStep * sideOf(last.bbox);
  const step = (perFrame: number): number => Math.max(-most, Math.min(most, perFrame * steps(last)));
  const centre = { x: at.x + step(speed.x), y: at.y + step(speed.y) };

  let error = 0;
  if (previous && third) {
    const former = motion(before, first, steps(third) - steps(previous));
    const frames = steps(previous) - steps(last);
    error = Math.max(
      Math.abs(at.x - before.x - former.x * frames),
      Math.abs(at.y - before.y - former.y * frames),
    );
  }
  const growth =
    previous === undefined
      ? 1
      : Math.max(1, Math.min(mostGrowth, sideOf(last.bbox) / Math.max(1, sideOf(previous.bbox))));
  let [width, height] = [0, 0];
  for (const mask of seen) {
    const [x0, y0, x1, y1] = mask.bbox;
    const left = p.shrink ** (steps(mask) - steps(last));
    width = Math.max(width, (x1 - x0) * left);
    height = Math.max(height, (y1 - y0) * left);
  }
  return {
    centre,
    width: width * growth,
    height: height * growth,
    error: Math.min(error, most),
    iou: last.iou ?? 1,
    thinness: Math.min(thinness(last), anchor && anchor.area > 0 ? thinness(anchor) : Infinity),
  };
}

/**
 * Where an object is looked for: in a window around its expected place, as wide as its size, its motion and the trust in
 * its last mask demand; in the whole frame where the last mask is empty, so that it can come back anywhere.
 */
export function lookOut(track: Track, inputs: Inputs, p = zoomDefaults): Outlook {
  const { video } = track;
  const expected = expect(track, p);
  const whole = { part: wholeFrame(video), size: inputs.sizes.at(-1)! };
  if (!expected) return { view: whole };
  const { centre, width, height, error, iou } = expected;
  const side = Math.max(width, height);
  const factor = widthFor(width, height, expected.thinness, video, p) * (iou < p.sure ? p.doubt : 1);
  const part = windowAround(centre, side * factor + 2 * p.surprise * error, video, p);
  const thickness = expected.thinness * side;
  return { view: { part, size: inputSize(part, thickness, inputs, p) }, expected: { centre, side } };
}

/** Whether a mask reaches an edge of the window it was found in, behind which the frame continues. */
export function touchesEdge([left, top, right, bottom]: Box, [x0, y0, x1, y1]: Box, video: Extent): boolean {
  const margin = Math.max(1, Math.round(edge * Math.max(x1 - x0, y1 - y0)));
  return (
    (x0 > 0 && left < x0 + margin) ||
    (y0 > 0 && top < y0 + margin) ||
    (x1 < video.width && right > x1 - margin) ||
    (y1 < video.height && bottom > y1 - margin)
  );
}

/**
 * Where to look again: wider where what was found touches the window's edge, in the whole frame where nothing was found;
 * undefined where the answer stands.
 * @param found the box of the mask, undefined where the object was not found.
 */
export function lookAgain(
  { view, expected }: Outlook,
  found: Box | undefined,
  video: Extent,
  inputs: Inputs,
  p = zoomDefaults,
): Outlook | undefined {
  const { part, size } = view;
  if (isWhole(part, video)) return undefined;
  if (!found) return { view: { part: wholeFrame(video), size: inputs.sizes.at(-1)! } };
  if (!touchesEdge(found, part, video)) return undefined;
  const wider = windowAround(centreOf(found), sideOf(part) * p.retry, video, p);
  // As finely as before, as far as the sizes go.
  const wanted = (size * sideOf(wider)) / sideOf(part);
  const next = inputs.sizes.find((other) => other >= wanted) ?? inputs.sizes.at(-1)!;
  return { view: { part: wider, size: next }, ...(expected ? { expected } : {}) };
}

/** Pixels of the encoder's input for each pixel of the video. */
const scaleOf = ({ part, size }: View): number => size / sideOf(part);

/**
 * How a stored mask's frame is remembered: as it was seen when the mask was found; around the mask where nothing is known of
 * that, or where the object was seen at another size than it is looked for now, at which nothing would resemble it.
 */
export function rememberedView(
  stored: StoredMask,
  { view: now, expected }: Outlook,
  video: Extent,
  inputs: Inputs,
  p = zoomDefaults,
): View {
  const side = sideOf(stored.bbox);
  const wanted = (expected?.side ?? side) * scaleOf(now);
  const alike = (view: View): boolean => Math.abs(Math.log2((side * scaleOf(view)) / wanted)) <= 1;
  const everywhere = { part: wholeFrame(video), size: inputs.sizes.at(-1)! };
  if (stored.area === 0) return stored.view ?? everywhere;
  if (stored.view && alike(stored.view)) return stored.view;
  const [x0, y0, x1, y1] = stored.bbox;
  const part = windowAround(
    centreOf(stored.bbox),
    side * widthFor(x1 - x0, y1 - y0, thinness(stored), video, p),
    video,
    p,
  );
  const around = { part, size: inputSize(part, rleThickness(stored.mask), inputs, p) };
  return alike(around) || !isWhole(now.part, video) ? around : everywhere;
}
