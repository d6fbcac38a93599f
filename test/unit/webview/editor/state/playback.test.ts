import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Playback } from '../../../../../webview/editor/state/playback';
import { spaceHeld, spacePanned } from '../../../../../webview/editor/state/spaceBar';
import { EditorStore } from '../../../../../webview/editor/state/store';
import { withFrame } from '../../../../../webview/editor/state/viewState';
import type { DocumentState } from '../../../../../shared/protocol/editor';
import { documentState } from '../../../../support/webviewFixtures';

/** Milliseconds between two refreshes of the screen. */
const REFRESH = 1000 / 60;
let now: number;
let refresh: ((now: number) => void) | undefined;
let loaded: (frame: number) => boolean;
let store: EditorStore;
let playback: Playback;

beforeEach(() => {
  now = 1000;
  refresh = undefined;
  loaded = () => true;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  spaceHeld.value = false;
  spacePanned.value = false;
});
afterEach(() => {
  vi.restoreAllMocks();
});

function open(state: Partial<DocumentState> = {}, view: Partial<EditorStore['view']['value']> = {}): void {
  store = new EditorStore();
  playback = new Playback(store, {
    goTo: (frame) => {
      store.view.value = withFrame(store.view.value, frame, store.document.value!.video.frameCount);
    },
    isLoaded: (frame) => loaded(frame),
    beforeRefresh: (callback) => {
      refresh = callback;
    },
  });
  store.document.value = documentState(state);
  store.view.value = { frame: 0, hidden: [], ...view };
}

/** Lets time pass as the screen does; @returns the frames that were seen, one after the other. */
function pass(seconds: number): number[] {
  const seen: number[] = [];
  for (let ms = 0; ms < seconds * 1000; ms += REFRESH) {
    now += REFRESH;
    const callback = refresh;
    refresh = undefined;
    callback?.(now);
    const { frame } = store.view.value;
    if (seen.at(-1) !== frame) seen.push(frame);
  }
  return seen;
}

describe('playback', () => {
  it('shows every frame, at the rate of the clip, and stops at the end', () => {
    open();
    playback.play(1);
    expect(pass(1).at(-1)).toBeGreaterThanOrEqual(24);
    expect(store.view.value.frame).toBeLessThanOrEqual(26);
    expect(pass(3).at(-1)).toBe(59);
    expect(store.playing.value).toBe(0);
    store.view.value = { frame: 0, hidden: [] };
    playback.play(1);
    expect(pass(3)).toEqual(Array.from({ length: 60 }, (_, frame) => frame));
  });

  it('follows the times of a clip whose rate varies', () => {
    const times = [0, 0.5, 0.6, 2, 2.1, 2.2];
    open({ times, video: { ...documentState().video, frameCount: 6 } });
    playback.play(1);
    // It begins in the middle of frame 0's time.
    expect(pass(0.2)).toEqual([0]);
    expect(pass(0.1).at(-1)).toBe(1);
    expect(pass(1).at(-1)).toBe(2);
    expect(pass(2).at(-1)).toBe(5);
  });

  it('is faster when asked again, the other way when asked for that, and goes as far as the range', () => {
    open({}, { frame: 30, range: { first: 10, last: 40 } });
    playback.play(1);
    playback.play(1);
    expect(store.playing.value).toBe(2);
    expect(pass(1).at(-1)).toBe(40);
    expect(store.playing.value).toBe(0);
    playback.play(-1);
    // At its end already: for going back that is the beginning.
    expect(pass(0.5).at(-1)).toBeLessThan(32);
    expect(pass(3).at(-1)).toBe(10);
    playback.play(-1);
    expect(pass(0.1)[0]).toBe(40);
  });

  it('goes round and round, from wherever it is', () => {
    open({}, { frame: 3, range: { first: 10, last: 13 } });
    store.loop.value = true;
    playback.play(1);
    const seen = pass(1);
    expect(seen.slice(0, 5)).toEqual([10, 11, 12, 13, 10]);
    expect(store.playing.value).toBe(1);
    playback.pause();
    expect(pass(0.5)).toHaveLength(1);
  });

  it('waits for pictures, and then goes on at its own rate', () => {
    open();
    loaded = (frame) => frame < 8;
    playback.play(1);
    expect(pass(2).at(-1)).toBe(8);
    expect(pass(2)).toEqual([8]);
    loaded = () => true;
    const after = pass(0.4);
    expect(after.at(-1)).toBeGreaterThan(14);
    expect(after.at(-1)).toBeLessThan(21);
  });

  it('goes on from where somebody went', () => {
    open();
    playback.play(1);
    pass(0.2);
    store.view.value = { frame: 40, hidden: [] };
    const seen = pass(0.2);
    expect(Math.min(...seen)).toBe(40);
    expect(seen.at(-1)).toBeLessThan(47);
  });

  it('begins with the space bar once that is let go, and not where it moved the picture', () => {
    open();
    spaceHeld.value = true;
    // The key repeats while it is held.
    for (let n = 0; n < 3; n++) playback.playPause();
    expect(store.playing.value).toBe(0);
    spaceHeld.value = false;
    playback.spaceReleased();
    expect(store.playing.value).toBe(1);
    // The last repetition is late.
    now += 20;
    playback.playPause();
    expect(store.playing.value).toBe(1);
    now += 1000;
    playback.playPause();
    expect(store.playing.value).toBe(0);

    now += 1000;
    spaceHeld.value = true;
    playback.playPause();
    spacePanned.value = true;
    spaceHeld.value = false;
    playback.spaceReleased();
    now += 20;
    playback.playPause();
    expect(store.playing.value).toBe(0);
  });
});
