/** A chart's canvas as an image file, with what it shows written above it. */

const MARGIN_PX = 16;
const LINE_PX = 20;

/** In the colours that are shown, and as sharp as the screen is. */
export function canvasPicture(canvas: HTMLCanvasElement, lines: readonly string[]): Promise<Blob> {
  const style = getComputedStyle(canvas);
  const sharp = canvas.width / Math.max(1, canvas.clientWidth);
  const top = MARGIN_PX + lines.length * LINE_PX;
  const picture = document.createElement('canvas');
  picture.width = canvas.width + 2 * MARGIN_PX * sharp;
  picture.height = canvas.height + (top + MARGIN_PX) * sharp;
  const ctx = picture.getContext('2d')!;
  ctx.fillStyle = style.getPropertyValue('--panel');
  ctx.fillRect(0, 0, picture.width, picture.height);
  ctx.drawImage(canvas, MARGIN_PX * sharp, top * sharp);
  ctx.scale(sharp, sharp);
  ctx.fillStyle = style.getPropertyValue('--text');
  lines.forEach((line, i) => {
    ctx.font = `${i === 0 ? 600 : 400} 13px ${style.fontFamily}`;
    ctx.fillText(line, MARGIN_PX, MARGIN_PX + LINE_PX * (i + 0.6));
  });
  return new Promise((resolve, reject) =>
    picture.toBlob((blob) => (blob === null ? reject(new Error('the browser made no image')) : resolve(blob))),
  );
}
