// webview/editor/geometry/: outlines and points, without the screen.
export interface Point {
  readonly x: number;
  readonly y: number;
}
