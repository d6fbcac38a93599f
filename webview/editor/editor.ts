import { effect, signal, untracked } from '@preact/signals';
import type { FrameIndex } from '../../shared/domain/video';
import type { HostRequests, ToWebview } from '../../shared/protocol/editor';
import type { Box, MaskView } from '../../shared/domain/annotations';
import { beginKeyPointer } from './canvas/keyPointer';
import { Pictures } from './canvas/pictures';
import {
  pictureNeeded,
  type Point,
  type Size,
  transformOf,
  visiblePart,
  zoomAt,
} from './canvas/viewTransform';
import { HostClient } from './host/hostClient';
import { HostWatch } from './host/hostWatch';
import { Measure } from './host/measure';
import type { KeptState, VsCodeApi } from './host/vscodeApi';
import { Actions, noticeOf } from './state/actions';
import { leavePolygon, runAction } from './state/editorActions';
import type { EditorParts } from './state/editorParts';
import { LabelActions } from './state/labelActions';
import { MaskActions } from './state/maskActions';
import { MaskLoading } from './state/maskLoading';
import { Preparation } from './state/preparation';
import { Playback } from './state/playback';
import { News } from './state/news';
import { ConflictActions } from './state/conflictActions';
import { ObjectActions } from './state/objectActions';
import { ProposalActions } from './state/proposalActions';
import { EditorStore } from './state/store';
import { withZoom } from './state/viewState';
import { cornerCount, outlineOf } from './tools/polygon';
import type { DrawMode } from './tools/tool';

/** The stage in CSS pixels, and how many device pixels each has. */
export interface StageSize extends Size {
  readonly devicePixelRatio: number;
}

/** How long a view may rest before the host is told of it. */
const VIEW_DEBOUNCE_MS = 150;
/** How long an object's masks may rest before its curve is asked for again. */
const CURVE_DEBOUNCE_MS = 500;

/** One video editor: the store and everything that feeds it. */
export class Editor implements EditorParts {
  readonly store = new EditorStore();
  readonly stage = signal<StageSize>({ width: 0, height: 0, devicePixelRatio: 1 });
  readonly hostWatch = new HostWatch();
  readonly measure: Measure;
  readonly actions: Actions;
  readonly masks: MaskActions;
  readonly labels: LabelActions;
  readonly objects: ObjectActions;
  readonly conflicts: ConflictActions;
  readonly proposals: ProposalActions;
  readonly pictures: Pictures;
  readonly playback: Playback;
  private readonly host: HostClient;
  private readonly maskLoading: MaskLoading;
  private viewTimer: number | undefined;

  constructor(private readonly api: VsCodeApi) {
    const kept = api.getState();
    if (kept) {
      this.store.follow.value = kept.follow;
      this.store.tool.value = kept.tool ?? this.store.tool.value;
      this.store.brushRadius.value = kept.brushRadius ?? this.store.brushRadius.value;
      this.store.localOnly.value = kept.localOnly ?? false;
      this.store.lastLabel.value = kept.lastLabel;
      this.store.allowed.value = kept.allowed ?? [];
    }
    this.host = new HostClient(
      (message) => api.postMessage(message),
      (news) => this.news.take(news),
    );
    this.measure = new Measure((name, ms) => this.host.post({ kind: 'measure', name, ms }));
    this.actions = new Actions(this.store, this.host, this.measure, () => this.visible());
    this.masks = new MaskActions(this.store, this.actions);
    this.labels = new LabelActions(this.store, this.host, this.actions);
    this.objects = new ObjectActions(this.store, this.actions);
    this.conflicts = new ConflictActions(this.store, this.host, this.actions);
    this.proposals = new ProposalActions(this.store, this.host, this.actions);
    this.news = new News(this.store, this.actions, this.proposals, kept?.view, (action) =>
      runAction(this, action),
    );
    this.pictures = new Pictures(
      (request, signal) => this.host.request('frame/image', request, signal),
      (error) => {
        this.store.pictureError.value = noticeOf(error);
      },
    );
    this.playback = new Playback(this.store, {
      goTo: (frame) => this.actions.goTo(frame),
      isLoaded: (frame) => this.pictures.isLoaded(frame),
      beforeRefresh: (callback) => requestAnimationFrame(callback),
    });
    this.maskLoading = new MaskLoading(this.host, this.store.masks, (error) => {
      this.store.notice.value = noticeOf(error);
    });
    new Preparation(
      this.store,
      () => this.visible(),
      (params, signal) => this.host.request('frame/encode', params, signal),
    );
    this.keepPicturesComing();
    this.keepMasksComing();
    this.keepCurveComing();
    this.keepViewPosted();
    this.keepNotesCurrent();
    this.retryAfterRestart();
  }

  private readonly news: News;

  receive(message: ToWebview): void {
    if (message.kind === 'alive') this.hostWatch.heard();
    this.host.receive(message);
  }

  /** Tells the host that the view is here: it answers with the state. */
  ready(): void {
    this.host.post({ kind: 'ready' });
    this.measure.watchLongTasks();
  }

  /** What a click would give; null where the host cannot say at once. */
  requestPreview(
    params: HostRequests['object/preview'][0],
    signal: AbortSignal,
  ): Promise<HostRequests['object/preview'][1]> {
    const visible = this.visible();
    return this.host.request('object/preview', { ...params, ...(visible && { visible }) }, signal);
  }

  /** A small picture of a frame and its masks. @throws where it is not wanted any more. */
  async requestThumbnail(
    frame: FrameIndex,
    maxDimension: number,
    signal: AbortSignal,
  ): Promise<[ImageBitmap, readonly MaskView[]]> {
    const [{ data, mime }, masks] = await Promise.all([
      this.host.request('frame/image', { frame, maxDimension, lossless: false }, signal),
      this.store.masks.isComplete(frame)
        ? this.store.masks.get(frame)
        : this.host.request('frame/masks', { frame }, signal),
    ]);
    const blob = new Blob([data as Uint8Array<ArrayBuffer>], { type: mime });
    return [await createImageBitmap(blob, { colorSpaceConversion: 'none' }), masks];
  }

  /** Tells the host whether a text box of this page has the focus. */
  typing(on: boolean): void {
    this.host.post({ kind: 'typing', on });
  }

  log(level: 'warning' | 'error', message: string): void {
    this.host.post({ kind: 'log', level, message });
  }

  /** The part of the frame on the screen while the view is zoomed in: prompts are answered in as much detail. */
  visible(): Box | undefined {
    const { document, view } = this.store;
    const { zoom, picture } = view.value;
    const stage = this.stage.value;
    if (!document.value || !zoom) return undefined;
    const { video } = document.value;
    const transform = transformOf(zoom, video, stage, stage.devicePixelRatio, picture?.rotation);
    return visiblePart(transform, video, stage);
  }

  /** @param at the point of the stage that stays where it is; default: the middle. */
  zoomBy(factor: number, at?: Point): void {
    const { document, view } = this.store;
    const stage = this.stage.value;
    if (!document.value) return;
    const { video } = document.value;
    const transform = transformOf(
      view.value.zoom,
      video,
      stage,
      stage.devicePixelRatio,
      view.value.picture?.rotation,
    );
    view.value = withZoom(view.value, zoomAt(transform, video, stage, factor, at));
  }

  /** Adds what the polygon being drawn encloses to the mask, or cuts it out. */
  readonly closePolygon = (mode: DrawMode): void => {
    const draft = this.store.openPolygon.value;
    if (!draft) return;
    if (cornerCount(draft) < 3) {
      this.actions.say('A polygon needs three corners.', 'polygon');
      return;
    }
    if (draft.kind === 'outline') leavePolygon(this);
    this.store.polygon.value = undefined;
    void this.masks.draw(
      draft.kind === 'outline'
        ? { kind: 'outline', rings: outlineOf(draft) }
        : { kind: 'polygon', mode, points: draft.rings[0].points },
      draft.frame,
    );
  };

  beginKeyPointer(): void {
    beginKeyPointer(this);
  }

  fit(): void {
    this.store.view.value = withZoom(this.store.view.value, undefined);
  }

  /** Posts the view at once, for example because the page is about to go. */
  flushView(): void {
    if (this.viewTimer === undefined) return;
    clearTimeout(this.viewTimer);
    this.viewTimer = undefined;
    this.postView();
  }

  private keepPicturesComing(): void {
    let frame = -1;
    effect(() => {
      const document = this.store.document.value;
      const view = this.store.view.value;
      const stage = this.stage.value;
      if (!document || stage.width === 0 || stage.height === 0) return;
      const { video } = document;
      const transform = transformOf(view.zoom, video, stage, stage.devicePixelRatio, view.picture?.rotation);
      const needed = pictureNeeded(transform, video, stage.devicePixelRatio);
      const wanted = this.store.wantedFrame.value;
      if (wanted !== frame) {
        frame = wanted;
        this.store.pictureError.value = undefined;
      }
      this.pictures.want({ frame: wanted, ...needed }, video.frameCount, this.store.playing.value !== 0);
    });
  }

  private keepMasksComing(): void {
    effect(() => {
      const document = this.store.document.value;
      const { frame } = this.store.view.value;
      // Reading it here asks again once masks are outdated.
      void this.store.masks.revision.value;
      if (document) untracked(() => this.maskLoading.want(frame, document.video.frameCount));
    });
  }

  /** Asks again once the selected object's masks changed, and they have rested for a moment. */
  private keepCurveComing(): void {
    let timer: number | undefined;
    let known: readonly [object: string, status: unknown] | undefined;
    effect(() => {
      const object = this.store.selected.value?.id;
      const status = this.store.document.value?.status.find((candidate) => candidate.object === object);
      if (object === undefined || !status || (known?.[0] === object && known[1] === status)) return;
      const wait = known?.[0] === object ? CURVE_DEBOUNCE_MS : 0;
      known = [object, status];
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        this.host.request('object/curve', { object }).then(
          (curve) => {
            this.store.curve.value = { object, curve };
          },
          (error: unknown) => this.log('warning', `No curve: ${String(error)}`),
        );
      }, wait);
    });
  }

  private keepViewPosted(): void {
    effect(() => {
      void this.store.view.value;
      void this.own();
      if (!this.store.document.value || this.viewTimer !== undefined) return;
      this.viewTimer = window.setTimeout(() => {
        this.viewTimer = undefined;
        this.postView();
      }, VIEW_DEBOUNCE_MS);
    });
  }

  /** What is this page's own, and not the host's to know. */
  private own(): Omit<KeptState, 'view'> {
    const { follow, tool, brushRadius, localOnly, lastLabel, allowed } = this.store;
    return {
      follow: follow.value,
      tool: tool.value,
      brushRadius: brushRadius.value,
      localOnly: localOnly.value,
      ...(lastLabel.value !== undefined && { lastLabel: lastLabel.value }),
      allowed: allowed.value,
    };
  }

  private lastPosted = '';

  private postView(): void {
    const view = this.store.view.value;
    const state = { view, ...this.own() };
    const text = JSON.stringify(state);
    if (text === this.lastPosted) return;
    this.lastPosted = text;
    this.api.setState(state);
    this.host.post({ kind: 'view', view });
  }

  /** A note ends with what it speaks of. */
  private keepNotesCurrent(): void {
    effect(() => {
      const { notice, question } = this.store;
      const now = [this.store.sight('view'), this.store.sight('polygon')];
      const said = untracked(() => notice.value?.sight);
      if (said !== undefined && !now.includes(said)) notice.value = undefined;
      // A question about a frame that is not looked at any more is a no.
      if (this.asked !== undefined && this.asked !== now[0]) question.peek()?.answer(false);
      this.asked = question.value && now[0];
    });
  }

  private asked: string | undefined;

  /** What failed while the kernel was away is asked for again once it is back. */
  private retryAfterRestart(): void {
    let before: string | undefined;
    effect(() => {
      const kernel = this.store.document.value?.kernel;
      if (kernel === 'ready' && before !== undefined && before !== 'ready') {
        untracked(() => {
          this.store.pictureError.value = undefined;
          this.pictures.retry();
          this.maskLoading.again();
        });
      }
      before = kernel;
    });
  }
}
