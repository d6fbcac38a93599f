/** The boundary between the notebook's controller and the renderer of its outputs: types, and the names of the outputs. */

/** An output that is a `TableOutput`. */
export const TABLE_MIME = 'application/x-masklet.table+json';
/** An output that is a `PicturesOutput`. */
export const PICTURES_MIME = 'application/x-masklet.pictures+json';

export type TableValue = string | number | boolean | null;

export type ChartKind = 'bar' | 'histogram' | 'line' | 'scatter';

/** Which chart, of which columns. */
export interface ChartDirective {
  readonly kind: ChartKind;
  readonly x: string;
  readonly y?: string;
  readonly color?: string;
  readonly title?: string;
  readonly bins?: number;
}

/** A query's result, or as much of it as is there. */
export interface TableOutput {
  /** The folder that paths in the column `video` are relative to; without it nothing is a link. */
  readonly root?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly TableValue[])[];
  /** `running`: more rows are coming. `stopped`: they were, when an error or an interrupt ended it. */
  readonly state: 'running' | 'done' | 'stopped';
  /** There are more rows than were asked for. */
  readonly more: boolean;
  readonly chart?: ChartDirective;
  /** What could not be shown as asked. */
  readonly problems: readonly string[];
}

export interface FrameAddress {
  readonly video: string;
  readonly frame?: number;
  readonly object?: string;
}

export interface OutputPicture extends FrameAddress {
  readonly frame: number;
  /** The rest of the row, in words. */
  readonly caption: string;
  readonly picture:
    | { readonly state: 'waiting' }
    /** `src` is a data URL: a notebook's page may load no other pictures. */
    | { readonly state: 'shown'; readonly src: string; readonly width: number; readonly height: number }
    | { readonly state: 'failed'; readonly reason: string };
}

export interface PicturesOutput {
  readonly root: string;
  readonly pictures: readonly OutputPicture[];
}

/** What the renderer asks of the controller. */
export interface FromRenderer extends FrameAddress {
  readonly kind: 'open';
  readonly root: string;
}
