import { effect } from '@preact/signals';
import type { DocumentState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';
import { spaceHeld, spacePanned } from './spaceBar';
import type { EditorStore } from './store';
import { frameAtSeconds, secondsOf } from './time';

const FASTEST = 8;
/** The space bar repeats while it is held: what comes this soon after it was let go is a late repetition. */
const SETTLED_MS = 250;

/** What playback needs of the page. */
export interface PlaybackScreen {
  goTo(frame: FrameIndex): void;
  /** Whether a frame's picture can be painted at once. */
  isLoaded(frame: FrameIndex): boolean;
  /** As `requestAnimationFrame`. */
  beforeRefresh(callback: (now: number) => void): void;
}

/**
 * Plays the range, or the clip, at its own rate: every frame at its time while its picture is here, and waiting for the
 * picture where it is not, for a frame that is not seen cannot be judged.
 */
export class Playback {
  private scheduled = false;
  private before = 0;
  /** Seconds of the clip. */
  private at = 0;
  private shown: FrameIndex | undefined;
  private spacePressed = false;
  /** When letting go of the space bar last decided what it had meant. */
  private settledAt = -Infinity;
  /** False at first: at the end of the range, playing begins at its start. */
  private begun = false;

  constructor(
    private readonly store: EditorStore,
    private readonly screen: PlaybackScreen,
  ) {
    effect(() => {
      if (store.playing.value !== 0) this.start();
    });
  }

  /** Again in the same direction: faster. */
  play(direction: 1 | -1): void {
    const { playing } = this.store;
    const same = Math.sign(playing.value) === direction;
    playing.value = same ? Math.max(-FASTEST, Math.min(FASTEST, playing.value * 2)) : direction;
  }

  pause(): void {
    this.store.playing.value = 0;
  }

  /** By the space bar it plays once the bar is let go, for held it moves the picture. */
  playPause(): void {
    if (spaceHeld.value) this.spacePressed = true;
    else if (performance.now() - this.settledAt > SETTLED_MS && !spacePanned.value) this.toggle();
  }

  spaceReleased(): void {
    if (this.spacePressed && !spacePanned.value) this.toggle();
    if (this.spacePressed || spacePanned.value) this.settledAt = performance.now();
    this.spacePressed = false;
    spacePanned.value = false;
  }

  /** Plays forward, or pauses. */
  toggle(): void {
    const { playing } = this.store;
    playing.value = playing.value === 0 ? 1 : 0;
  }

  private start(): void {
    if (this.scheduled) return;
    this.shown = undefined;
    this.begun = false;
    this.before = performance.now();
    const tick = (now: number): void => {
      this.scheduled = false;
      const document = this.store.document.value;
      if (this.store.playing.value === 0 || !document) return;
      this.advance(document, Math.max(0, now - this.before) / 1000);
      this.before = now;
      if (this.store.playing.peek() !== 0) schedule();
    };
    const schedule = (): void => {
      this.scheduled = true;
      this.screen.beforeRefresh(tick);
    };
    schedule();
  }

  private advance(document: DocumentState, seconds: number): void {
    const speed = this.store.playing.value;
    const by = speed > 0 ? 1 : -1;
    const { frame, range } = this.store.view.value;
    const first = range?.first ?? 0;
    const last = range?.last ?? document.video.frameCount - 1;
    // Begun, or somebody went elsewhere: on from there.
    if (frame !== this.shown) this.at = this.middleOf(document, frame);
    this.shown = frame;
    if (by > 0 ? frame >= last : frame <= first) {
      const start = by > 0 ? first : last;
      if ((!this.store.loop.value && this.begun) || first === last) this.pause();
      else this.show(document, start);
      return;
    }
    if (by > 0 ? frame < first : frame > last) {
      this.show(document, by > 0 ? first : last);
      return;
    }
    this.begun = true;
    this.at += seconds * speed;
    const target = Math.min(last, Math.max(first, frameAtSeconds(document, this.at)));
    let next = target;
    while (next !== frame && !this.screen.isLoaded(next)) next -= by;
    const late = (target - frame) * by > 0 && next === frame;
    if (late) {
      // Asked for by going there; until it is here, time stands still.
      if (!this.screen.isLoaded(frame)) this.at = this.middleOf(document, frame);
      else this.show(document, frame + by);
    } else if ((next - frame) * by > 0) {
      this.screen.goTo(next);
      this.shown = next;
    }
  }

  private show(document: DocumentState, frame: FrameIndex): void {
    this.screen.goTo(frame);
    this.shown = frame;
    this.begun = true;
    this.at = this.middleOf(document, frame);
  }

  /** A moment at which the frame is shown, away from its ends. */
  private middleOf(document: DocumentState, frame: FrameIndex): number {
    const start = secondsOf(document, frame);
    const end = secondsOf(document, Math.min(document.video.frameCount - 1, frame + 1));
    return start + (end - start) / 2;
  }
}
