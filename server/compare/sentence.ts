/** A comparison in words that need no explanation. */
import type { Axis, Share, Shift } from '../wire/compare-views.ts';

export const WHOLE = 'end to end';
/** Asked first: what people promise each other. */
const HEADLINES = [0.99, 0.5, 0.9, 0.999];
/** A layer that carries less of the difference than this is not worth its own words. */
const WORTH_NAMING = 0.05;
const GUEST_LAYERS = ['tcp.in', 'wait', 'service', 'tcp.out'];
const ONE_BOOT_EACH = 'Each is one boot of its guest, and boots differ, too.';
const NAMES: Record<string, string> = { 'vnic both': 'the vNIC', transfer: 'the transfer of the body' };

/** `p50`, `p99`, `p99.9`. */
export function quantileName(quantile: number): string {
  return `p${Number((quantile * 100).toFixed(3))}`;
}

/** Whether 0 is outside, for all layers and quantiles at once. */
export function isResolved({ bandLow, bandHigh }: Shift): boolean {
  return bandLow > 0 || bandHigh < 0;
}

/** How b differs from a, as a person who knows no statistics would say it. */
export function sentenceOf(
  [a, b]: readonly [string, string],
  axis: Axis | null,
  shifts: readonly Shift[],
  shares: readonly Share[],
  areTwoBoots: boolean,
): string {
  const whole = shifts.filter(({ layer }) => layer === WHOLE);
  const ordered = HEADLINES.flatMap((quantile) => whole.filter((shift) => shift.quantile === quantile));
  const headline = ordered.find(isResolved);
  const boots = areTwoBoots && shifts.some(isResolved) ? ONE_BOOT_EACH : '';
  if (!headline) return [nothingFound(a, b, ordered), layersAlone(shifts), boots].filter(Boolean).join(' ');
  const { shift, bandLow, bandHigh, quantile } = headline;
  const verb = shift > 0 ? `adds ${duration(shift)}` : `takes ${duration(-shift)} off`;
  const range = shift > 0 ? [bandLow, bandHigh] : [-bandHigh, -bandLow];
  const first = `${b} ${verb} [${range.map(duration).join(', ')}] at ${quantileName(quantile)} against ${a}`;
  const where = place(shares);
  return [`${first}${where ? `; ${where}` : ''}.`, guestToo(axis, shifts, shares), boots].filter(Boolean).join(' ');
}

function nothingFound(a: string, b: string, whole: readonly Shift[]): string {
  const [asked, median] = whole;
  if (!asked) return `${a} and ${b} cannot be told apart: too few requests for any quantile.`;
  const found = `between ${a} and ${b} end to end`;
  const limits = [asked, ...(median ? [median] : [])].map(
    ({ detectable, quantile }) => `one of ${duration(detectable)} at ${quantileName(quantile)}`,
  );
  return `No difference was found ${found}; ${limits.join(' or ')} would have been.`;
}

/** Where the whole stands still, two layers may still have moved against each other. */
function layersAlone(shifts: readonly Shift[]): string {
  const moved = largestOfEach(shifts.filter((shift) => shift.layer !== WHOLE && isResolved(shift)));
  return moved.length === 0 ? '' : `Single layers differ: ${moved.map(describe).join(', ')}.`;
}

function place(shares: readonly Share[]): string {
  const [first] = shares.filter(({ share }) => share !== null).sort((x, y) => y.share! - x.share!);
  if (!first) return '';
  const percent = Math.round(first.share! * 100);
  const isAgainst = ({ share, low, high }: Share) => share !== null && share < 0 && low * high > 0;
  const rest = percent > 100 && shares.some(isAgainst) ? ', and other layers moved the other way' : '';
  return `${percent >= 100 ? 'all' : `${percent} %`} of the difference of the means is in ${nameOf(first.layer)}${rest}`;
}

/** Another card should leave the guest's own layers alone: where it does not, that is said, and why it can be. */
function guestToo(axis: Axis | null, shifts: readonly Shift[], shares: readonly Share[]): string {
  if (axis !== 'nic') return '';
  const inGuest = shifts.filter((shift) => GUEST_LAYERS.includes(shift.layer) && isResolved(shift));
  const moved = largestOfEach(inGuest).filter(({ layer }) => {
    const share = shares.find((each) => each.layer === layer)?.share;
    return share === undefined || share === null || Math.abs(share) >= WORTH_NAMING;
  });
  if (moved.length === 0 && inGuest.length === 0) return '';
  if (moved.length === 0) return 'Inside the guest the layers move by less than a twentieth of that.';
  const list = moved.map(describe).join(', ');
  return `Inside the guest ${list}: its kernel and its service run on the same vCPU as the driver and the interrupts.`;
}

function largestOfEach(shifts: readonly Shift[]): Shift[] {
  const largest = new Map<string, Shift>();
  for (const shift of shifts) {
    const known = largest.get(shift.layer);
    if (!known || Math.abs(shift.shift) > Math.abs(known.shift)) largest.set(shift.layer, shift);
  }
  return [...largest.values()];
}

function describe({ layer, shift, bandLow, bandHigh, quantile }: Shift): string {
  return `${nameOf(layer)} moves by ${signed(shift)} [${duration(bandLow)}, ${duration(bandHigh)}] at ${quantileName(quantile)}`;
}

function nameOf(layer: string): string {
  return NAMES[layer] ?? layer;
}

/** `412 ns`, `61.3 µs`, `1.53 ms`, with its sign where it is negative. */
export function duration(ns: number): string {
  const size = Math.abs(ns);
  const sign = ns < 0 ? '−' : '';
  if (size < 1e3) return `${sign}${size.toFixed(0)} ns`;
  const [value, unit] = size < 1e6 ? [size / 1e3, 'µs'] : size < 1e9 ? [size / 1e6, 'ms'] : [size / 1e9, 's'];
  return `${sign}${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}

function signed(ns: number): string {
  return ns > 0 ? `+${duration(ns)}` : duration(ns);
}
