import type { Point } from '../geometry/point';
import type { DrawMode } from '../tools/tool';
import type { Actions } from './actions';
import type { ConflictActions } from './conflictActions';
import type { LabelActions } from './labelActions';
import type { MaskActions } from './maskActions';
import type { ObjectActions } from './objectActions';
import type { ProposalActions } from './proposalActions';
import type { Playback } from './playback';
import type { EditorStore } from './store';

/** The parts of an editor that commands, keys and buttons work on. */
export interface EditorParts {
  readonly store: EditorStore;
  readonly actions: Actions;
  readonly masks: MaskActions;
  readonly labels: LabelActions;
  readonly objects: ObjectActions;
  readonly conflicts: ConflictActions;
  readonly proposals: ProposalActions;
  readonly playback: Playback;
  /** @param at the point of the stage that stays where it is; default: the middle. */
  zoomBy(factor: number, at?: Point): void;
  fit(): void;
  /** Shows the cross that keys place points and boxes with. */
  beginKeyPointer(): void;
  /** Adds what the polygon being drawn encloses to the mask, or cuts it out. */
  readonly closePolygon: (mode: DrawMode) => void;
}
