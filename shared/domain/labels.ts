/** The classes of a workspace's `.masklet/labels.json`. */
/** What can be said of an object once, or of every frame of it. */
export type LabelAttribute = { readonly name: string; readonly per: 'object' | 'frame' } & (
  | { readonly type: 'boolean' | 'text' }
  | { readonly type: 'number'; readonly min?: number; readonly max?: number }
  | { readonly type: 'choice'; readonly values: readonly string[] }
);

/** One class of `.masklet/labels.json`. */
export interface LabelClass {
  readonly name: string;
  /** `#rrggbb` */
  readonly color: string;
  /** Gives the selected object this label, for example `Alt+1`. */
  readonly hotkey?: string;
  readonly attributes: readonly LabelAttribute[];
}

export type NewLabel = Pick<LabelClass, 'name' | 'color'>;
