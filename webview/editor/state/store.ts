// webview/editor/state/: the page's state, and the actions that change it.
import type { Loss } from '../host/vscodeApi';
import { computed, signal } from '@preact/signals';
import { objectNames } from '../../../shared/domain/objectNames';
import type {
  Box,
  MaskOperation,
  ObjectCurve,
  ObjectId,
  ObjectRecord,
  PointPrompt,
  RleMask,
} from '../../../shared/domain/annotations';
import type { ConflictPlace } from '../../../shared/domain/conflicts';
import type { DocumentState, ViewState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';
import { conflictEntries, type TheirVersion } from './conflicts';
import type { Proposals, Proposing } from './proposals';
import type { Point } from '../geometry/point';
import type { PolygonDraft } from '../tools/polygon';
import type { Tool } from '../tools/tool';
import { FrameMasks } from './frameMasks';
import { KeyTime } from './keyTime';
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

/** A drawing that the host has not answered yet. */
export interface PendingDrawing {
  readonly id: number;
  /** Undefined while its object is still being made. */
  readonly object: ObjectId | undefined;
  readonly frame: FrameIndex;
  readonly operation: MaskOperation;
}

/** What a click where the pointer rests would give. */
export interface Preview {
  readonly frame: FrameIndex;
  readonly object: ObjectId | undefined;
  readonly mask: RleMask;
}

/** What a note speaks of, with which it ends: what is looked at, the polygon that is open, or the last thing done. */
export type NoteAbout = 'view' | 'polygon' | 'deed';

/** The last thing worth saying, for the status line. */
export interface Notice {
  readonly kind: 'error' | 'info';
  readonly text: string;
  readonly hint?: string;
  /** Of a note: `EditorStore.sight` as it was when this was said; once that is another, the note ends. */
  readonly sight?: string;
}

/** A question that must be answered before an edit is carried out. */
export interface Question {
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly answer: (yes: boolean) => void;
}

const NO_CONFLICTS: readonly ConflictPlace[] = [];
const NO_OBJECTS: readonly ObjectRecord[] = [];

/** Everything that the editor shows. The document is the host's; the rest is this view's own. */
export class EditorStore {
  readonly document = signal<DocumentState | undefined>(undefined);
  readonly view = signal<ViewState>(INITIAL_VIEW);
  readonly masks = new FrameMasks();
  /** The frame whose picture is on the screen: behind `view.frame` while that one is loading. */
  readonly painted = signal<FrameIndex | undefined>(undefined);
  /** Where keys place points and boxes, in video pixels; `corner`: the first of a box that is begun. */
  readonly cross = signal<{ readonly at: Point; readonly corner?: Point } | undefined>(undefined);
  /** The frame that the model is looking at before anyone clicks. */
  readonly lookingAt = signal<FrameIndex | undefined>(undefined);
  readonly pending = signal<readonly PendingPrompt[]>([]);
  readonly drawings = signal<readonly PendingDrawing[]>([]);
  readonly tool = signal<Tool>('select');
  /** The tool that is taken again once the outline that is being edited is closed. */
  toolBefore: Tool | undefined;
  /** Whether edits are for their own frame alone. */
  readonly localOnly = signal(false);
  /** In video pixels. */
  readonly brushRadius = signal(12);
  /** The polygon whose corners are being set. */
  readonly polygon = signal<PolygonDraft | undefined>(undefined);
  /** The polygon while its frame and object are looked at. */
  readonly openPolygon = computed(() => {
    const draft = this.polygon.value;
    const { frame, object } = this.view.value;
    return draft?.frame === frame && draft.object === object ? draft : undefined;
  });
  /** The object whose mask is shown as the outline that is being edited. */
  readonly outlined = computed(() =>
    this.openPolygon.value?.kind === 'outline' ? this.openPolygon.value.object : undefined,
  );
  readonly conflicts = computed(() => conflictEntries(this.document.value?.conflicts ?? NO_CONFLICTS));
  /** The conflict that is looked at, by its key. */
  readonly conflictKey = signal<string | undefined>(undefined);
  readonly openConflict = computed(() =>
    this.conflicts.value.find(({ key }) => key === this.conflictKey.value),
  );
  /** Their side of the conflict that is looked at. */
  readonly theirs = signal<TheirVersion | undefined>(undefined);
  /** Set while objects are being looked for. */
  readonly proposing = signal<Proposing | undefined>(undefined);
  readonly proposals = signal<Proposals | undefined>(undefined);
  /** The proposals while their frame is looked at. */
  readonly shownProposals = computed(() =>
    this.proposals.value?.frame === this.view.value.frame ? this.proposals.value : undefined,
  );
  readonly preview = signal<Preview | undefined>(undefined);
  /** Scores and areas of the selected object. */
  readonly curve = signal<{ readonly object: ObjectId; readonly curve: ObjectCurve } | undefined>(undefined);
  readonly notice = signal<Notice | undefined>(undefined);
  /** The label that was given last: the next object gets it, too. */
  readonly lastLabel = signal<string | undefined>(undefined);
  readonly question = signal<Question | undefined>(undefined);
  /** What the user has once said yes to. */
  readonly allowed = signal<readonly Loss[]>([]);
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
  /** Speed of playback, backward below 0: 1 is the clip's own; 0 while it stands. */
  readonly playing = signal(0);
  /** Whether playback begins again at the end of the range. */
  readonly loop = signal(false);
  /** Whether the neighbouring frame is shown in place of this one. */
  readonly comparing = signal(false);
  /** Ends `comparing` where no key is held. */
  comparingTimer: number | undefined;
  readonly keyTime = new KeyTime();
  /** The frame whose picture is wanted on the screen. */
  readonly wantedFrame = computed(() => {
    const { frame } = this.view.value;
    if (!this.comparing.value) return frame;
    return frame > 0 ? frame - 1 : Math.min(1, (this.document.value?.video.frameCount ?? 1) - 1);
  });

  readonly following = computed(() => this.follow.value && !this.followPaused.value);

  /** By itself: what shows it need not look at every other news of the document. */
  readonly objects = computed(() => this.document.value?.objects ?? NO_OBJECTS);
  private readonly names = computed(() => objectNames(this.objects.value));
  readonly selectedId = computed(() => this.view.value.object);

  readonly selected = computed(() => {
    const id = this.selectedId.value;
    return this.objects.value.find((object) => object.id === id);
  });

  /** Why nothing can be changed; undefined where it can. */
  readonly locked = computed(() => {
    const document = this.document.value;
    return document ? document.readOnly : 'The video is still being opened.';
  });

  /** What a note about the view, or about the polygon, speaks of. */
  sight(about: NoteAbout): string | undefined {
    const { frame, object } = this.view.value;
    const draft = this.openPolygon.value;
    switch (about) {
      case 'view':
        return [frame, object, this.tool.value, draft?.kind].join('/');
      case 'polygon':
        return draft ? [frame, object, draft.kind].join('/') : '';
      case 'deed':
        return undefined;
    }
  }

  isLocked(object: ObjectId): boolean {
    return this.view.value.locked?.includes(object) ?? false;
  }

  nameOfId(object: ObjectId): string {
    return this.names.value.get(object) ?? object;
  }

  /** What people call the object. */
  nameOf({ id, label }: ObjectRecord): string {
    return this.names.value.get(id) ?? label;
  }
}
