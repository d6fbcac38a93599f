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

/** Gives all objects with one of these labels another label, a colour, and their attributes other names. */
export interface RelabelParams {
  readonly from: readonly string[];
  readonly to: string;
  /** Default: as it is. */
  readonly color?: string;
  /** New names by old ones, of objects and of frames; a value that stands there under the new name stays. */
  readonly attributes?: Readonly<Record<string, string>>;
}
