import { MaskletError } from '../../shared/protocol/errors';

/** What a scene looks like; everything follows from these numbers alone. */
export interface SceneOptions {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Frames a second. */
  readonly fps: number;
  readonly seed: number;
  /** Fish; the first is the main object. */
  readonly objects: number;
  /** The other fish wear the main object's colours. */
  readonly lookalikes: boolean;
  /** How far a floating leaf hides the main object on its way. */
  readonly occlusion: 'none' | 'partial' | 'full';
  /** The main object swims out of the frame and comes back. */
  readonly leaveFrame: boolean;
  /** Size of the fish; 1: as usual, about a quarter of the frame's width long. */
  readonly fishSize: number;
  /** The main object's largest size over its smallest; 1: it stays as it is. */
  readonly scaleChange: number;
  /** Share of a frame's time for which the shutter is open, 0..1; 0: no motion blur. */
  readonly motionBlur: number;
  /** Standard deviation of the film grain in 8-bit steps. */
  readonly grain: number;
}

export const DEFAULT_SCENE: SceneOptions = {
  width: 1280,
  height: 720,
  frames: 60,
  fps: 25,
  seed: 1,
  objects: 2,
  lookalikes: false,
  occlusion: 'full',
  leaveFrame: false,
  fishSize: 1,
  scaleChange: 1.35,
  motionBlur: 0.35,
  grain: 2,
};

/** Fills in the defaults. @throws MaskletError `input/invalid` for a value that cannot be drawn. */
export function sceneOptions(given: Partial<SceneOptions>): SceneOptions {
  const options = { ...DEFAULT_SCENE, ...given };
  const check = (name: keyof SceneOptions, low: number, high: number, whole: boolean): void => {
    const value = options[name];
    if (
      typeof value !== 'number' ||
      !(value >= low && value <= high) ||
      (whole && !Number.isInteger(value))
    ) {
      throw new MaskletError('input/invalid', `Sample scene: ${name} is ${String(value)}.`, {
        hint: `Give ${whole ? 'a whole number' : 'a number'} from ${low} to ${high}.`,
      });
    }
  };
  check('width', 32, 7680, true);
  check('height', 32, 4320, true);
  check('frames', 1, 100_000, true);
  check('fps', 1, 240, false);
  check('seed', 0, 2 ** 31 - 1, true);
  check('objects', 1, 32, true);
  check('fishSize', 0.02, 2, false);
  check('scaleChange', 1, 3, false);
  check('motionBlur', 0, 1, false);
  check('grain', 0, 20, false);
  return options;
}
