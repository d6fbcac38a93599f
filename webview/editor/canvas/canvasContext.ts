export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser gives no 2D canvas.');
  return context;
}

/** A canvas loses its content on resizing: only where its size really changed. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  { width, height, devicePixelRatio }: { width: number; height: number; devicePixelRatio: number },
): void {
  const deviceWidth = Math.round(width * devicePixelRatio);
  const deviceHeight = Math.round(height * devicePixelRatio);
  if (canvas.width !== deviceWidth) canvas.width = deviceWidth;
  if (canvas.height !== deviceHeight) canvas.height = deviceHeight;
}
