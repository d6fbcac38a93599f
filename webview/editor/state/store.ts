import { computed, signal } from '@preact/signals';
import type { Box, DocumentState, FrameIndex, ObjectId, PointPrompt, ViewState } from '../../protocol';
import { FrameMasks } from './frameMasks';
import { INITIAL_VIEW } from './viewState';

/** A prompt that the host has not answered yet. */
export interface PendingPrompt {
  readonly id: number;
  /** Undefined while its object is still being made. */
  readonly object: ObjectId | undefined;
  readonly frame: FrameIndex;
  readonly points: readonly PointPrompt[];
  readonly box?: Box;
}

/** The last thing worth saying, for the status line. */
export interface Notice {
  readonly kind: 'error' | 'info';
  readonly text: string;
  readonly hint?: string;
}

/** Everything that the editor shows. The document is the host's; the rest is this view's own. */
export class EditorStore {
  readonly document = signal<DocumentState | undefined>(undefined);
  readonly view = signal<ViewState>(INITIAL_VIEW);
  readonly masks = new FrameMasks();
  /** The frame whose picture is on the screen: behind `view.frame` while that one is loading. */
  readonly painted = signal<FrameIndex | undefined>(undefined);
  readonly pending = signal<readonly PendingPrompt[]>([]);
  readonly notice = signal<Notice | undefined>(undefined);
  /** Why the frame that is wanted cannot be shown. */
  readonly pictureError = signal<Notice | undefined>(undefined);

  /** Whether propagation takes the view along. */
  readonly follow = signal(true);
  /** The user looked elsewhere: not taken along until the propagation ends. */
  readonly followPaused = signal(false);
  /** Whether only the selected object is propagated. */
  readonly selectedOnly = signal(false);
  readonly renaming = signal<ObjectId | undefined>(undefined);
  /** The object whose deletion waits for a yes. */
  readonly removing = signal<ObjectId | undefined>(undefined);
  readonly helpOpen = signal(false);

  readonly following = computed(() => this.follow.value && !this.followPaused.value);

  readonly selected = computed(() => {
    const id = this.view.value.object;
    return this.document.value?.objects.find((object) => object.id === id);
  });

  /** Why nothing can be changed; undefined where it can. */
  readonly locked = computed(() => {
    const document = this.document.value;
    return document ? document.readOnly : 'The video is still being opened.';
  });
}
