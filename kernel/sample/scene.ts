import { Camera } from './camera';
import { choreograph, type Choreography } from './choreography';
import { Film } from './film';
import { fishLayer, fishShadow } from './fishLayer';
import type { FishPose } from './fishShape';
import { FishSkin, SKINS } from './fishSkin';
import type { Layer } from './layer';
import { lilyPad, placePad, type LilyPad } from './lilyPad';
import { clamp } from './numeric';
import { sceneOptions, type SceneOptions } from './options';
import { pondBed, type Backdrop } from './pondBed';
import { seededRandom } from './random';
import { spreadRow, Water, type WaterLight } from './water';

export interface SceneFrame {
  readonly index: number;
  /** height * width * 3, 8-bit sRGB. */
  readonly rgb: Uint8Array;
  /**
   * For each object height * width values 0 or 1: 1 where at least half of the pixel's colour, over the time the
   * shutter is open, is the object's own, so where it is neither outside nor hidden by something above it.
   */
  readonly masks: readonly Uint8Array[];
}

/** A clip shorter than this moves as fast a frame, but its shutter opens for as long as in a clip of this length. */
const SHUTTER_FRAMES = 60;

interface FloatingPad {
  readonly pad: LilyPad;
  /** Where it floats before the camera pans, in frame pixels. */
  readonly x: number;
  readonly y: number;
  readonly drift: number;
}

/**
 * A pond filmed from above by hand: patterned fish swim over a bed of stones and under floating leaves. Stands in for a
 * real clip where exact masks are needed. Frames can be drawn in any order; the same options give the same bytes.
 */
export class Scene {
  readonly options: SceneOptions;
  private readonly unit: number;
  private readonly choreography: Choreography;
  private readonly camera: Camera;
  private readonly water: Water;
  private readonly film: Film;
  private readonly bed: Backdrop;
  private readonly margin: number;
  private readonly skins: readonly FishSkin[];
  private readonly pads: readonly FloatingPad[];
  /** Linear light of the frame being drawn; every frame starts by drawing over all of it. */
  private readonly picture: Float32Array;

  /** Draws what does not change once: 1 to 3 seconds at 1280x720. @throws MaskletError `input/invalid`. */
  constructor(given: Partial<SceneOptions> = {}) {
    const options = sceneOptions(given);
    const { width, height, seed, lookalikes } = options;
    this.options = options;
    this.unit = Math.min(width * 0.5625, height) / 720;
    this.choreography = choreograph(options);
    this.camera = new Camera(this.unit, seed + 5);
    this.water = new Water(width, height, this.unit, seed + 6);
    this.film = new Film(width, height, options.grain, seed + 7);
    this.margin = Math.ceil(Camera.REACH * this.unit) + 2;
    this.bed = pondBed(width + 2 * this.margin, height + 2 * this.margin, this.unit, seed + 8);
    this.skins = this.choreography.actors.map(
      (_, i) => new FishSkin(seed * 31 + i * 7, SKINS[lookalikes ? 0 : i % SKINS.length]),
    );
    this.pads = this.floatPads();
    this.picture = new Float32Array(width * height * 3);
  }

  /** @param index 0..frames-1 */
  frame(index: number): SceneFrame {
    const { width, height, frames, fps, motionBlur } = this.options;
    const time = frames > 1 ? index / (frames - 1) : 0;
    const seconds = index / fps;
    const pan = this.camera.pan(time);
    const shake = this.camera.shake(seconds);
    const cameraX = pan.x + shake.x;
    const cameraY = pan.y + shake.y;
    const light = this.water.at(seconds, cameraX, cameraY);
    const { picture } = this;
    this.drawBed(picture, cameraX, cameraY, light);

    const shutter = motionBlur / Math.max(SHUTTER_FRAMES, frames);
    const actors = this.choreography.actors.map((actor, i) => {
      const poses = posesOverShutter((t) => shaken(actor.pose(t), shake), time, shutter);
      const middle = poses[poses.length >> 1];
      return { layer: fishLayer(poses, this.skins[i], width, height), middle };
    });

    // Shadows on the bed: farther away and softer than those that a leaf throws on a fish just below it.
    const floating = this.pads.map(({ pad, x, y, drift }) => ({
      pad,
      x: x - cameraX + drift * seconds,
      y: y - cameraY + 0.4 * drift * seconds,
    }));
    const shade = (layer: Layer | undefined, strength: number): void => {
      if (layer) darken(picture, width, layer, strength);
    };
    for (const { pad, x, y } of floating) {
      shade(placePad(pad, 'shadow', x + 40 * this.unit, y + 54 * this.unit, width, height), 0.55);
    }
    for (const { middle } of actors) {
      const depth = 0.24 * middle.unit;
      const fallen = { ...middle, x: middle.x + 0.8 * depth, y: middle.y + 1.1 * depth };
      shade(fishShadow(fallen, 0.13 * middle.unit, width, height), 0.6);
    }

    const weights: (Layer | undefined)[] = [];
    // The main object swims on top, so that only leaves hide it.
    for (let i = actors.length - 1; i >= 0; i--) {
      const { layer } = actors[i];
      weights[i] = layer && { ...layer, coverage: layer.coverage.slice() };
      if (!layer) continue;
      paint(picture, width, height, layer, light);
      for (let below = i + 1; below < actors.length; below++) hide(weights[below], layer);
    }
    for (const { pad, x, y } of floating) {
      shade(placePad(pad, 'shadow', x + 14 * this.unit, y + 19 * this.unit, width, height), 0.45);
    }
    this.addGlare(picture, light);
    for (const { pad, x, y } of floating) {
      const leaf = placePad(pad, 'leaf', x, y, width, height);
      if (!leaf) continue;
      paint(picture, width, height, leaf);
      for (const layer of weights) hide(layer, leaf);
    }

    return {
      index,
      rgb: this.film.develop(picture, index),
      masks: actors.map((_, i) => maskOf(weights[i], width, height)),
    };
  }

  private drawBed(picture: Float32Array, cameraX: number, cameraY: number, light: WaterLight): void {
    const { width, height } = this.options;
    const { color, width: stride } = this.bed;
    const left = clamp(this.margin + cameraX, 0, stride - width - 2);
    const top = clamp(this.margin + cameraY, 0, this.bed.height - height - 2);
    const x0 = Math.floor(left);
    const y0 = Math.floor(top);
    const u = left - x0;
    const v = top - y0;
    const weights = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
    const below = stride * 3;
    const row = new Float32Array(width);
    let index = 0;
    for (let y = 0; y < height; y++) {
      spreadRow(light, light.caustics, y, row);
      let from = ((y0 + y) * stride + x0) * 3;
      for (let x = 0; x < width; x++) {
        const factor = row[x];
        for (let c = 0; c < 3; c++, from++, index++) {
          picture[index] =
            factor *
            (color[from] * weights[0] +
              color[from + 3] * weights[1] +
              color[from + below] * weights[2] +
              color[from + below + 3] * weights[3]);
        }
      }
    }
  }

  private addGlare(picture: Float32Array, light: WaterLight): void {
    const { width, height } = this.options;
    const row = new Float32Array(width);
    let index = 0;
    for (let y = 0; y < height; y++) {
      spreadRow(light, light.glare, y, row);
      for (let x = 0; x < width; x++) {
        picture[index++] += row[x] * 0.9;
        picture[index++] += row[x];
        picture[index++] += row[x] * 1.1;
      }
    }
  }

  /** The leaf that hides the main object, and some at the frame's edges. */
  private floatPads(): FloatingPad[] {
    const { width, height, seed, fps, frames } = this.options;
    const { unit } = this;
    const random = seededRandom(seed + 21);
    const pads: FloatingPad[] = [];
    const add = (x: number, y: number, radius: number, drift: number, notch = 0.9): void => {
      pads.push({
        pad: lilyPad(radius, random() * 2 * Math.PI, notch, seed + 40 + pads.length),
        x,
        y,
        drift,
      });
    };
    const { cover } = this.choreography;
    if (cover) {
      const drift = -6 * unit;
      const pan = this.camera.pan(cover.time);
      const seconds = (cover.time * (frames - 1)) / fps;
      add(
        cover.x + pan.x - drift * seconds,
        cover.y + pan.y - 0.4 * drift * seconds,
        cover.radius,
        drift,
        0.3,
      );
      // A small one beside it, so that it does not lie there alone.
      const side = cover.radius * 1.15;
      add(pads[0].x + 0.35 * side, pads[0].y - side, cover.radius * 0.5, drift);
    }
    add(0.03 * width, 0.12 * height, 105 * unit, 2 * unit);
    add(0.15 * width, 0.01 * height, 70 * unit, 3 * unit);
    add(1.02 * width + 84 * unit, 0.97 * height, 96 * unit, -2 * unit);
    return pads;
  }
}

function shaken(pose: FishPose, shake: { readonly x: number; readonly y: number }): FishPose {
  return { ...pose, x: pose.x - shake.x, y: pose.y - shake.y };
}

/** Poses spread evenly over the time the shutter is open, so close together that the blur has no steps. */
function posesOverShutter(pose: (time: number) => FishPose, time: number, shutter: number): FishPose[] {
  if (shutter === 0) return [pose(time)];
  const first = pose(time - shutter / 2);
  const last = pose(time + shutter / 2);
  // The tail moves faster than the middle: its swing is counted in.
  const swing = 0.13 * first.unit * Math.abs(last.beat - first.beat);
  const way = Math.hypot(last.x - first.x, last.y - first.y) + swing;
  const count = clamp(Math.ceil(way / 2), 1, 12);
  return Array.from({ length: count }, (_, i) => pose(time + ((i + 0.5) / count - 0.5) * shutter));
}

/** Puts a layer over the picture; with `light`, lit by what the water lets through. */
function paint(picture: Float32Array, width: number, height: number, layer: Layer, light?: WaterLight): void {
  const row = new Float32Array(width).fill(1);
  let from = 0;
  for (let y = layer.y0; y < Math.min(layer.y1, height); y++) {
    if (light) spreadRow(light, light.caustics, y, row);
    let to = (y * width + layer.x0) * 3;
    for (let x = layer.x0; x < layer.x1; x++, from++, to += 3) {
      const cover = layer.coverage[from];
      if (cover === 0) continue;
      // Nearer to the surface the light is less focused than on the ground.
      const factor = 0.45 + 0.55 * row[x];
      for (let c = 0; c < 3; c++) {
        picture[to + c] = picture[to + c] * (1 - cover) + layer.color[from * 3 + c] * factor;
      }
    }
  }
}

function darken(picture: Float32Array, width: number, shadow: Layer, strength: number): void {
  let from = 0;
  for (let y = shadow.y0; y < shadow.y1; y++) {
    let to = (y * width + shadow.x0) * 3;
    for (let x = shadow.x0; x < shadow.x1; x++, from++, to += 3) {
      const factor = 1 - strength * shadow.coverage[from];
      picture[to] *= factor;
      picture[to + 1] *= factor;
      picture[to + 2] *= factor;
    }
  }
}

/** Takes from `layer` what `above` covers. */
function hide(layer: Layer | undefined, above: Layer): void {
  if (!layer) return;
  const x0 = Math.max(layer.x0, above.x0);
  const x1 = Math.min(layer.x1, above.x1);
  for (let y = Math.max(layer.y0, above.y0); y < Math.min(layer.y1, above.y1); y++) {
    let to = (y - layer.y0) * (layer.x1 - layer.x0) + (x0 - layer.x0);
    let from = (y - above.y0) * (above.x1 - above.x0) + (x0 - above.x0);
    for (let x = x0; x < x1; x++, to++, from++) layer.coverage[to] *= 1 - above.coverage[from];
  }
}

function maskOf(layer: Layer | undefined, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  if (!layer) return mask;
  let from = 0;
  for (let y = layer.y0; y < layer.y1; y++) {
    let to = y * width + layer.x0;
    for (let x = layer.x0; x < layer.x1; x++, from++, to++) if (layer.coverage[from] >= 0.5) mask[to] = 1;
  }
  return mask;
}
