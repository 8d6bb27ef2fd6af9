/** The pictures of a page as one image file. */
import { placeOf } from './page-zoom.ts';

export interface Titled {
  title: string;
  svg: SVGSVGElement;
  /** How it is to be read, below it. */
  note: string;
}

interface Look {
  size: number;
  bold: boolean;
  colour: 'text' | 'muted';
}

const HEADING: Look = { size: 15, bold: true, colour: 'text' };
const TITLE: Look = { size: 13, bold: true, colour: 'text' };
const NOTE: Look = { size: 11, bold: false, colour: 'muted' };
const MARGIN = 24;
const TITLE_PX = 26;
const LINE_PX = 22;
const NOTE_PX = 15;
/** Sharp on screens with twice the pixels, and on paper. */
const SCALE = 2;

/**
 * @param heading lines above all, the first in bold
 * @param place where the pictures stand on the page; they stand so in the image
 */
export async function pictureOf(
  heading: readonly string[],
  pictures: readonly Titled[],
  place: Element,
): Promise<Blob> {
  const around = placeOf(place);
  const width = Math.ceil(around.width);
  const font = getComputedStyle(place).fontFamily;
  const lines = heading.flatMap((text, i) => wrapped(text, width, { ...HEADING, font, bold: i === 0 }));
  const top = MARGIN + lines.length * LINE_PX;
  const height = top + Math.ceil(around.height) + MARGIN;
  const texts = lines.map((line, i) => line.at(MARGIN, MARGIN + (i + 0.6) * LINE_PX));
  const parts = pictures.map((picture) => {
    const { left, top: upper } = placeOf(picture.svg);
    return placed(picture, MARGIN + left - around.left, top + upper - around.top, font);
  });
  const size = { width: width + 2 * MARGIN, height };
  const ground = `<rect width="100%" height="100%" fill="var(--panel)"/>`;
  const root = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="${escaped(font)}" font-size="12">`;
  return rasterised(coloured(`${root}${ground}${texts.join('')}${parts.join('')}</svg>`), size);
}

function placed({ title, svg, note }: Titled, x: number, y: number, font: string): string {
  const { width, height } = placeOf(svg);
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('x', String(x));
  copy.setAttribute('y', String(y));
  const titles = wrapped(title, width, { ...TITLE, font });
  const above = titles.map((line, i) => line.at(x, y - TITLE_PX / 2 - (titles.length - 1 - i) * NOTE_PX));
  const below = wrapped(note, width, { ...NOTE, font }).map((line, i) => line.at(x, y + height + (i + 1) * NOTE_PX));
  return [...above, new XMLSerializer().serializeToString(copy), ...below].join('');
}

/** Outside of the page nobody knows its variables. */
function coloured(svg: string): string {
  const style = getComputedStyle(document.documentElement);
  return svg.replace(/var\(--([\w-]+)\)/g, (_, name) => style.getPropertyValue(`--${name}`).trim());
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

interface Line {
  /** As an element of an SVG. */
  at(x: number, y: number): string;
}

/** As many lines as `text` needs in `width` px. */
function wrapped(text: string, width: number, { size, bold, colour, font }: Look & { font: string }): Line[] {
  const ruler = document.createElement('canvas').getContext('2d')!;
  const weight = bold ? 600 : 400;
  ruler.font = `${weight} ${size}px ${font}`;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && ruler.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => ({
    at: (x, y) =>
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="var(--${colour})">${escaped(line)}</text>`,
  }));
}

async function rasterised(svg: string, { width, height }: { width: number; height: number }): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('the browser made no image')) : resolve(blob)),
      'image/png',
    ),
  );
}
