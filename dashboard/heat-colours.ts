/** One ramp from few to many requests: its lightness only rises or only falls, so it is read without telling colours apart. */
import { strength } from './heat.ts';

type Rgb = [red: number, green: number, blue: number];

/** `#rgb` or `#rrggbb`. */
export function parseColour(text: string): Rgb {
  const digits = text.trim().replace('#', '');
  const pairs = digits.length === 3 ? [...digits].map((d) => d + d) : (digits.match(/../g) ?? []);
  const [red = 0, green = 0, blue = 0] = pairs.map((pair) => Number.parseInt(pair, 16));
  return [red, green, blue];
}

/** 256 colours from the first to the last stop, as pixels of an ImageData; the first is nothing at all. */
export function ramp(stops: readonly Rgb[]): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(256);
  const bytes = new Uint8ClampedArray(pixels.buffer);
  for (let i = 1; i < 256; i++) {
    const at = ((i - 1) / 254) * (stops.length - 1);
    const from = Math.min(stops.length - 2, Math.floor(at));
    const [before, behind] = [stops[from]!, stops[from + 1]!];
    before.forEach((value, channel) => {
      bytes[4 * i + channel] = value + (behind[channel]! - value) * (at - from);
    });
    bytes[4 * i + 3] = 255;
  }
  return pixels;
}

/** Index into the ramp. */
export function shade(count: number, most: number): number {
  return Math.round(255 * strength(count, most));
}
