/** A verdict in one sentence. */
import type { EpisodeData, EpisodeVerdict } from '../wire/episode-views.ts';
import { STOLEN } from '../wire/episode-views.ts';

const PART_WORDS: Record<string, string> = {
  'nic.in': 'the host’s NIC, on the way in',
  'nic.out': 'the host’s NIC, on the way out',
  'switch.in': 'the virtual switch, on the way in',
  'switch.out': 'the virtual switch, on the way out',
  vnic: 'the vNIC',
  'tcp.in': 'the guest’s TCP/IP, on the way in',
  'tcp.out': 'the guest’s TCP/IP, on the way out',
  wait: 'the guest’s socket, waiting for its reader',
  service: 'the service',
  transfer: 'the transfer of the response',
  [STOLEN]: 'the guest, whose CPU was kept from it',
};

export function verdictSentence(
  { window, promise }: EpisodeData,
  { side, part, doubts, excessNs, sides, neighbour, process }: Omit<EpisodeVerdict, 'sentence'>,
): string {
  const when = `From ${clock(window.fromMs)} to ${clock(window.toMs)} UTC`;
  if (side === 'undetermined') {
    return `${when}, undetermined: ${doubts[0] ?? 'neither side carries more than half of the excess for sure'} (“${promise}”).`;
  }
  const share = sides.find((one) => one.side === side)!;
  const where = part === null ? 'no single layer of it carries most' : `most of it in ${PART_WORDS[part]}`;
  const taker = neighbour === null ? process && `The program ${process}` : `VM ${neighbour}`;
  const who = taker === null ? '' : ` ${taker} took the CPU.`;
  return (
    `${when}, ${side}: ${percent(share.permille)} (${percent(share.low)} to ${percent(share.high)}) of the ` +
    `${milliseconds(excessNs ?? 0)} that bad requests took longer than usual lie with the ${side}, ${where}.${who}`
  );
}

export function partWords(part: string): string {
  return PART_WORDS[part] ?? part;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function percent(permille: number): string {
  return `${(permille / 10).toFixed(1)} %`;
}

function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(ns < 1e6 ? 3 : 1)} ms`;
}
