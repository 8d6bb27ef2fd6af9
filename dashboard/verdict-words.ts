/** A verdict in words and rows. Pure. */
import {
  type BlameSide,
  type EpisodeVerdict,
  type Part,
  type PartShare,
  STOLEN,
} from '../server/wire/episode-views.ts';
import { formatDuration, formatShift, join, MISSING, type Quantity, share } from './format.ts';
import type { Said } from './slo-words.ts';

export const SIDE_NAMES: Record<BlameSide, string> = { platform: 'Platform', tenant: 'Tenant' };
/** What each side answers for. */
export const SIDE_SCOPE: Record<BlameSide, string> = {
  platform: 'NIC, virtual switch, vNIC, CPU kept from the guest',
  tenant: 'guest TCP/IP, socket, service',
};

const PART_NAMES: Record<Part | typeof STOLEN, string> = {
  'nic.in': 'NIC in',
  'switch.in': 'switch in',
  vnic: 'vNIC, both ways',
  'tcp.in': 'guest TCP/IP in',
  wait: 'socket wait',
  service: 'service',
  'tcp.out': 'guest TCP/IP out',
  'switch.out': 'switch out',
  'nic.out': 'NIC out',
  transfer: 'transfer of the response',
  [STOLEN]: 'steal: guest time without a CPU',
};

export function partName(part: Part | typeof STOLEN): string {
  return PART_NAMES[part];
}

/** The name of a part's own colour, without its leading dashes. */
export function partColour(part: Part | typeof STOLEN): string {
  if (part === STOLEN) return 'pressure-steal';
  return part === 'vnic' ? 'place-hypervisor' : `layer-${part.replace('.', '-')}`;
}

/** Whose it is, before everything else. */
export function sideSaid({ side, part }: EpisodeVerdict): Said {
  if (side === 'undetermined') return { tone: 'warn', mark: '?', text: 'Undetermined' };
  const where = part === null ? 'no single layer' : partName(part);
  return { tone: 'bad', mark: side === 'platform' ? '▣' : '◆', text: `${SIDE_NAMES[side]}: ${where}` };
}

/** Tenths of a percent as percent. */
export function permilleQuantity(permille: number | null): Quantity {
  return share(permille === null ? null : permille / 1000);
}

export function intervalText(low: number, high: number): string {
  return `${formatShift(low)} to ${formatShift(high)}`;
}

export interface SideRow {
  key: BlameSide | 'neither';
  name: string;
  scope: string;
  permille: number;
  /** null: it has none. */
  interval: [low: number, high: number] | null;
}

/** Both sides, and what is neither's: together 1000. Empty where nothing could be attributed. */
export function sideRows({ sides, parts }: Pick<EpisodeVerdict, 'sides' | 'parts'>): SideRow[] {
  if (sides.length === 0) return [];
  const neither = parts.filter(({ side }) => side === null).reduce((sum, { permille }) => sum + (permille ?? 0), 0);
  return [
    ...sides.map(
      ({ side, permille, low, high }): SideRow => ({
        ...{ key: side, name: SIDE_NAMES[side], scope: SIDE_SCOPE[side], permille, interval: [low, high] },
      }),
    ),
    {
      key: 'neither',
      name: 'Neither',
      scope: 'transfer of the response: network and client',
      permille: neither,
      interval: null,
    },
  ];
}

export function sideText({ side }: Pick<PartShare, 'side'>): string {
  return side === null ? 'neither' : SIDE_NAMES[side].toLowerCase();
}

/** A reading of the evidence with its unit, as the server names it. */
export function readingText(value: number | null, unit: string): string {
  if (value === null) return MISSING;
  if (unit.endsWith('ns')) return `${unit.startsWith('±') ? '±\u00a0' : ''}${formatDuration(value)}`;
  if (unit.startsWith('of ')) return join(share(value));
  const text = Number.isInteger(value) ? String(value) : value.toFixed(value < 1 ? 3 : 2);
  return unit === '' ? text : `${text}\u00a0${unit}`;
}
