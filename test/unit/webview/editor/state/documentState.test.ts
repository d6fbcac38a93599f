import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureCache } from '../../../../../webview/editor/canvas/pictureCache';
import { AbandonedError, HostClient, HostError } from '../../../../../webview/editor/host/hostClient';
import { LatestLoader } from '../../../../../webview/editor/host/latestLoader';
import { masksMayDiffer, withMasks } from '../../../../../webview/editor/state/documentState';
import { FrameMasks } from '../../../../../webview/editor/state/frameMasks';
import {
  frameCountOf,
  includesFrame,
  type Ranges,
  withFrame,
  withoutFrame,
} from '../../../../../webview/editor/state/ranges';
import { estimateText, framesAhead } from '../../../../../webview/editor/state/estimate';
import {
  formatDuration,
  formatTime,
  frameAtSeconds,
  secondsOf,
} from '../../../../../webview/editor/state/time';
import {
  INITIAL_VIEW,
  reconciled,
  withRangeEnd,
  withRangeStart,
} from '../../../../../webview/editor/state/viewState';
import type { FromWebview } from '../../../../../shared/protocol/editor';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';

const CAR = objectRecord('car1', 'Car', '#ff0000');

describe('ranges', () => {
  it('hold the same frames as a set does, sorted, merged and apart', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 20 })));
    fc.assert(
      fc.property(steps, (changes) => {
        let ranges: Ranges = [];
        const set = new Set<number>();
        for (const [add, frame] of changes) {
          ranges = add ? withFrame(ranges, frame) : withoutFrame(ranges, frame);
          if (add) set.add(frame);
          else set.delete(frame);
        }
        for (let frame = 0; frame <= 21; frame++) expect(includesFrame(ranges, frame)).toBe(set.has(frame));
        expect(frameCountOf(ranges)).toBe(set.size);
        ranges.slice(1).forEach(({ first }, i) => expect(first).toBeGreaterThan(ranges[i].last + 1));
      }),
    );
  });
});

describe('document', () => {
  const document = documentState({
    objects: [CAR],
    status: [objectStatus('car1', { stale: [{ first: 4, last: 6 }] })],
  });

  it('takes masks into the timeline as they come', () => {
    const mask = maskView('car1', 5, [8, 8], [1, 1, 3, 3], { state: 'propagated' });
    const [status] = withMasks(document, 5, [mask]).status;
    expect(status.masked).toEqual([{ first: 5, last: 5 }]);
    expect(status.stale).toEqual([
      { first: 4, last: 4 },
      { first: 6, last: 6 },
    ]);
    expect(withMasks(document, 5, [{ ...mask, object: 'gone' }])).toBe(document);
  });

  it('knows when masks may have changed that nobody sent', () => {
    const prompts = [{ object: 'car1', frame: 1, points: [] }];
    const propagation = {
      direction: 'forward' as const,
      objects: [],
      done: 1,
      computed: 1,
      total: 2,
      cancelling: false,
    };
    expect(masksMayDiffer(document, document)).toBe(false);
    expect(masksMayDiffer(document, { ...document, prompts })).toBe(true);
    expect(masksMayDiffer(document, { ...document, status: [] })).toBe(true);
    expect(masksMayDiffer(document, { ...document, status: [], propagation })).toBe(false);
    expect(masksMayDiffer({ ...document, propagation }, document)).toBe(true);
  });
});

describe('view', () => {
  it('drops what the document no longer has, and selects the first object', () => {
    const view = { frame: 99, object: 'gone', hidden: ['gone', 'car1'], range: { first: 3, last: 80 } };
    expect(reconciled(view, documentState({ objects: [CAR] }))).toEqual({
      frame: 59,
      object: 'car1',
      hidden: ['car1'],
      range: { first: 3, last: 59 },
    });
    expect(reconciled(view, documentState()).object).toBeUndefined();
  });

  it('keeps a range in order, whichever end is set', () => {
    const from = withRangeStart(INITIAL_VIEW, 20, 60);
    expect(from.range).toEqual({ first: 20, last: 59 });
    expect(withRangeEnd(from, 10).range).toEqual({ first: 10, last: 10 });
    expect(withRangeStart(withRangeEnd(INITIAL_VIEW, 10), 30, 60).range).toEqual({ first: 30, last: 30 });
  });
});

describe('frame masks', () => {
  const mask = (object: string, frame = 0) => maskView(object, frame, [8, 8], [1, 1, 3, 3]);

  it('merge by object and stay incomplete until all are known', () => {
    const masks = new FrameMasks();
    masks.merge(0, [mask('a')]);
    expect(masks.isComplete(0)).toBe(false);
    masks.set(0, [mask('a'), mask('b')]);
    const newer = { ...mask('a'), area: 99 };
    masks.merge(0, [newer]);
    expect(masks.maskOf('a', 0)).toBe(newer);
    expect(masks.get(0)).toHaveLength(2);
    expect(masks.isComplete(0)).toBe(true);
  });

  it('go on showing what is outdated, and ask again', () => {
    const masks = new FrameMasks();
    masks.set(0, [mask('a')]);
    const version = masks.versionOf(0);
    masks.outdate();
    expect(masks.get(0)).toHaveLength(1);
    expect(masks.isComplete(0)).toBe(false);
    expect(masks.versionOf(0)).not.toBe(version);
    masks.clear(0);
    expect(masks.get(0)).toEqual([]);
  });

  it('forget what was not used for long', () => {
    const masks = new FrameMasks();
    for (let frame = 0; frame < 2000; frame++) masks.set(frame, [mask('a', frame)]);
    expect(masks.isComplete(0)).toBe(false);
    expect(masks.isComplete(1999)).toBe(true);
  });
});

describe('host client', () => {
  const sent: FromWebview[] = [];
  const client = (): HostClient => {
    sent.length = 0;
    return new HostClient(
      (message) => sent.push(message),
      () => undefined,
    );
  };

  it('matches answers by id, in any order', async () => {
    const host = client();
    const first = host.request('frame/masks', { frame: 1 });
    const second = host.request('frame/masks', { frame: 2 });
    host.receive({ kind: 'response', id: 2, result: ['second'] });
    host.receive({ kind: 'response', id: 1, result: ['first'] });
    expect(await first).toEqual(['first']);
    expect(await second).toEqual(['second']);
  });

  it('turns a refusal into an error with its hint', async () => {
    const host = client();
    const answer = host.request('propagate/cancel', {});
    host.receive({ kind: 'error', id: 1, message: 'No.', hint: 'Ask later.', shown: true });
    await expect(answer).rejects.toMatchObject({ message: 'No.', hint: 'Ask later.', shown: true });
    await expect(answer).rejects.toBeInstanceOf(HostError);
  });

  it('tells the host what it abandons, and ignores a late answer', async () => {
    const host = client();
    const controller = new AbortController();
    const answer = host.request('frame/masks', { frame: 1 }, controller.signal);
    controller.abort();
    await expect(answer).rejects.toBeInstanceOf(AbandonedError);
    expect(sent.at(-1)).toEqual({ kind: 'abandon', id: 1 });
    host.receive({ kind: 'response', id: 1, result: [] });
    await expect(host.request('frame/masks', { frame: 2 }, controller.signal)).rejects.toBeInstanceOf(
      AbandonedError,
    );
    expect(sent).toHaveLength(2);
  });
});

describe('latest loader', () => {
  /** A loader of frames whose answers the test gives. */
  function setUp(keepRunning: number) {
    const here = new Set<number>();
    const asked: number[] = [];
    const failures: number[] = [];
    const answers = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
    const loader = new LatestLoader<number, number>({
      keyOf: String,
      has: (frame) => here.has(frame),
      keepRunning,
      load: (frame, signal) => {
        asked.push(frame);
        return new Promise((resolve, reject) => {
          answers.set(frame, { resolve: () => resolve(frame), reject });
          signal.addEventListener('abort', () => {
            answers.delete(frame);
            reject(new AbandonedError());
          });
        });
      },
      loaded: (_, frame) => here.add(frame),
      failed: (frame) => failures.push(frame),
    });
    const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const answer = async (frame: number): Promise<void> => {
      answers.get(frame)!.resolve();
      answers.delete(frame);
      await settle();
    };
    return { loader, asked, here, failures, answers, answer, settle };
  }

  it('never has more under way than the newest and the one kept', async () => {
    const { loader, answers, answer, here } = setUp(1);
    for (let frame = 0; frame < 10; frame++) loader.want(frame);
    expect([...answers.keys()]).toEqual([0, 9]);
    await answer(0);
    expect(here).toEqual(new Set([0]));
    await answer(9);
    expect(answers.size).toBe(0);
  });

  it('gives up what is left once the newest is here', async () => {
    const { loader, answers, answer } = setUp(1);
    loader.want(1);
    loader.want(2);
    await answer(2);
    expect(answers.size).toBe(0);
  });

  it('fetches neighbours one at a time, and makes one that is wanted its main task', async () => {
    const { loader, asked, answers, answer } = setUp(0);
    loader.want(5, [6, 7]);
    expect(asked).toEqual([5]);
    await answer(5);
    expect(asked).toEqual([5, 6]);
    loader.want(6, [7, 8]);
    expect(asked).toEqual([5, 6]);
    await answer(6);
    expect(asked).toEqual([5, 6, 7]);
    loader.want(40);
    expect([...answers.keys()]).toEqual([40]);
  });

  it('says what failed once, and tries again only when asked', async () => {
    const { loader, asked, answers, failures, settle } = setUp(0);
    loader.want(1);
    answers.get(1)!.reject(new Error('broken'));
    await settle();
    loader.want(1);
    expect(asked).toEqual([1]);
    expect(failures).toEqual([1]);
    loader.again();
    expect(asked).toEqual([1, 1]);
  });
});

describe('picture cache', () => {
  const bitmap = (side: number) => ({
    width: side,
    height: side,
    closed: 0,
    close() {
      this.closed++;
    },
  });
  const request = (frame: number, maxDimension = 10, lossless = false) => ({ frame, maxDimension, lossless });

  it('knows whether a picture is as good as asked for', () => {
    const cache = new PictureCache<ReturnType<typeof bitmap>>(1e6);
    cache.put(request(1, 100), bitmap(10), undefined);
    expect(cache.has(request(1, 50))).toBe(true);
    expect(cache.has(request(1, 200))).toBe(false);
    expect(cache.has(request(1, 50, true))).toBe(false);
    const exact = bitmap(10);
    cache.put(request(1, 100, true), exact, undefined);
    expect(cache.get(1)).toBe(exact);
    const worse = bitmap(10);
    cache.put(request(1, 100), worse, undefined);
    expect(cache.get(1)).toBe(exact);
    expect(worse.closed).toBe(1);
  });

  it('closes the longest unused ones once it is full, and keeps the one on the screen', () => {
    const cache = new PictureCache<ReturnType<typeof bitmap>>(10 * 10 * 4 * 3);
    const bitmaps = [0, 1, 2, 3, 4].map(() => bitmap(10));
    bitmaps.forEach((picture, frame) => {
      cache.put(request(frame), picture, 0);
      cache.get(1);
    });
    expect(bitmaps.map(({ closed }) => closed)).toEqual([0, 0, 1, 1, 0]);
    cache.clear();
    expect(bitmaps.every(({ closed }) => closed === 1)).toBe(true);
  });
});

describe('the estimate of a propagation', () => {
  const car = objectStatus('car', {
    prompted: [{ first: 10, last: 10 }],
    masked: [{ first: 10, last: 19 }],
    stale: [{ first: 15, last: 19 }],
    edited: [{ first: 40, last: 40 }],
  });

  it('counts frames that are missing or stale, behind the first keyframe', () => {
    const document = documentState({ status: [car] });
    expect(framesAhead(document, 'forward')).toBe(5 + 20 + 19);
    expect(framesAhead(document, 'backward')).toBe(10 + 5 + 20);
    expect(framesAhead(document, 'both')).toBe(10 + 5 + 20 + 19);
    expect(framesAhead(document, 'forward', { first: 12, last: 21 })).toBe(7);
    expect(framesAhead(document, 'forward', undefined, ['dog'])).toBe(0);
  });

  it('is in words, with a time once there is a pace', () => {
    const document = documentState({ status: [car] });
    expect(estimateText(document, 'forward', { first: 12, last: 15 })).toBe('1 frame');
    const paced = { ...document, pace: { secondsPerFrame: 3, objects: 1 } };
    expect(estimateText(paced, 'forward')).toBe('44 frames, about 2 min 12 s');
    expect(estimateText(paced, 'forward', undefined, ['dog'])).toBe('');
  });
});

describe('time', () => {
  it('knows the frame that is shown at it', () => {
    const even = documentState();
    const uneven = documentState({ times: [0, 0.5, 2, 2.1] });
    for (let frame = 0; frame < 60; frame++) expect(frameAtSeconds(even, secondsOf(even, frame))).toBe(frame);
    expect([-1, 0.49, 0.5, 1.9, 2.05, 99].map((at) => frameAtSeconds(uneven, at))).toEqual([
      0, 0, 1, 1, 2, 3,
    ]);
    expect(frameAtSeconds(even, 99)).toBe(59);
  });

  it('is the frame’s own where the rate varies', () => {
    const document = documentState({ times: [0, 0.5, 2] });
    expect(secondsOf(document, 2)).toBe(2);
    expect(secondsOf(documentState(), 50)).toBe(2);
  });

  it('reads like a clock', () => {
    expect(formatTime(0)).toBe('0:00.000');
    expect(formatTime(59.9996)).toBe('1:00.000');
    expect(formatTime(3725.04)).toBe('1:02:05.040');
    expect(formatDuration(0.2)).toBe('1 s');
    expect(formatDuration(84)).toBe('1 min 24 s');
    expect(formatDuration(7300)).toBe('2 h 1 min');
  });
});
