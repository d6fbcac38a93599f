import { computed, effect, signal } from '@preact/signals';
import { Pictures } from '../editor/canvas/pictures';
import { pictureNeeded, transformOf, type Zoom } from '../editor/canvas/viewTransform';
import { LatestLoader } from '../editor/host/latestLoader';
import { HostError, RequestClient } from '../editor/host/requestClient';
import { neighbourOf } from './navigation';
import type {
  ChangesRequests,
  ChangesState,
  ChangesView,
  FromChanges,
  ToChanges,
} from '../../shared/protocol/changes';
import type { ComparedMask, ObjectChanges } from '../../shared/protocol/revisions';
import type { FrameIndex } from '../../shared/domain/video';
import type { ObjectId } from '../../shared/domain/annotations';

const VIEW_MS = 300;
/** Frames whose masks are kept. */
const KEPT_FRAMES = 64;

/** What the page shows, and what can be done in it. */
export class Changes {
  readonly state = signal<ChangesState | undefined>(undefined);
  readonly view = signal<ChangesView>({ frame: 0 });
  readonly zoom = signal<Zoom | undefined>(undefined);
  /** Of one of the two stages, which are of one size. */
  readonly stage = signal({ width: 0, height: 0, devicePixelRatio: 1 });
  readonly error = signal<string | undefined>(undefined);
  readonly pictures: Pictures;
  /** Grows when masks arrive. */
  readonly masksRevision = signal(0);
  /** The objects of which something changed; all of them where nothing did. */
  readonly objects = computed<readonly ObjectChanges[]>(() => {
    const all = this.state.value?.comparison.objects ?? [];
    const changed = all.filter(({ kind, masks }) => kind !== 'same' || masks.length > 0);
    return changed.length > 0 ? changed : all;
  });
  private readonly masks = new Map<FrameIndex, readonly ComparedMask[]>();
  private readonly host: RequestClient<ChangesRequests>;
  private readonly loader: LatestLoader<FrameIndex, readonly ComparedMask[]>;
  private viewTimer: number | undefined;

  constructor(private readonly send: (message: FromChanges) => void) {
    this.host = new RequestClient<ChangesRequests>(send);
    const failed = (error: unknown): void => {
      this.error.value = wordsOf(error);
    };
    this.pictures = new Pictures(
      (request, abort) => this.host.request('frame/image', request, abort),
      failed,
    );
    this.loader = new LatestLoader({
      keyOf: (frame: FrameIndex) => String(frame),
      has: (frame) => this.masks.has(frame),
      keepRunning: 1,
      load: (frame, abort) => this.host.request('changes/frame', { frame }, abort),
      loaded: (frame, masks) => this.keepMasks(frame, masks),
      failed: (_frame, error) => failed(error),
    });
    effect(() => {
      const { state, view, stage, zoom } = this;
      if (!state.value || stage.value.width === 0) return;
      const { comparison } = state.value;
      const { frame } = view.value;
      const { devicePixelRatio } = stage.value;
      const transform = transformOf(zoom.value, comparison, stage.value, devicePixelRatio);
      const needed = pictureNeeded(transform, comparison, devicePixelRatio);
      this.pictures.want({ frame, ...needed }, comparison.frameCount);
      this.loader.want(
        frame,
        [frame + 1, frame - 1].filter((at) => at >= 0 && at < comparison.frameCount),
      );
    });
  }

  ready(): void {
    this.send({ kind: 'ready' });
  }

  receive(message: ToChanges): void {
    if (message.kind !== 'changes') return this.host.answer(message);
    this.masks.clear();
    this.error.value = undefined;
    const { comparison } = message.state;
    const first = comparison.objects.find(({ masks }) => masks.length > 0);
    const view = message.view ?? {
      frame: first?.masks[0].frame ?? 0,
      ...(first ? { object: first.object } : {}),
    };
    this.view.value = { ...view, frame: Math.min(view.frame, comparison.frameCount - 1) };
    this.state.value = message.state;
    this.loader.again();
    this.masksRevision.value++;
  }

  log(level: 'warning' | 'error', message: string): void {
    this.send({ kind: 'log', level, message });
  }

  /** Undefined until they have come. */
  masksOf(frame: FrameIndex): readonly ComparedMask[] | undefined {
    return this.masks.get(frame);
  }

  goTo(frame: FrameIndex, object = this.view.value.object): void {
    const last = (this.state.value?.comparison.frameCount ?? 1) - 1;
    const at = Math.min(last, Math.max(0, frame));
    this.view.value = { frame: at, ...(object === undefined ? {} : { object }) };
    clearTimeout(this.viewTimer);
    this.viewTimer = setTimeout(() => this.send({ kind: 'view', view: this.view.value }), VIEW_MS);
  }

  select(object: ObjectId): void {
    this.goTo(this.view.value.frame, object);
  }

  /** The next frame, in either direction, on which the selected object's mask (else any object's) changed. */
  goToChange(towards: 1 | -1): void {
    const { frame, object } = this.view.value;
    const found = neighbourOf(this.objects.value, object, frame, towards);
    if (found !== undefined) this.goTo(found);
  }

  openEditor(): void {
    void this.ask('changes/openEditor', this.view.value);
  }

  chooseRevision(): void {
    void this.ask('changes/chooseRevision', {});
  }

  private async ask<M extends 'changes/openEditor' | 'changes/chooseRevision'>(
    method: M,
    params: ChangesRequests[M][0],
  ): Promise<void> {
    try {
      await this.host.request(method, params);
    } catch (error) {
      this.error.value = wordsOf(error);
    }
  }

  private keepMasks(frame: FrameIndex, masks: readonly ComparedMask[]): void {
    this.masks.set(frame, masks);
    for (const oldest of this.masks.keys()) {
      if (this.masks.size <= KEPT_FRAMES) break;
      this.masks.delete(oldest);
    }
    this.masksRevision.value++;
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof HostError) return [error.message, error.hint].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}
