/** Objectives and verdicts in words for the page. Pure. */
import type { Part, STOLEN } from '../server/wire/episode-views.ts';
import type { SloAlert, SloResult } from '../server/wire/slo-views.ts';

const STATES: Record<SloResult['state'], { text: string; tone: 'ok' | 'bad' | 'muted' }> = {
  kept: { text: '✓ kept', tone: 'ok' },
  missed: { text: '✕ missed', tone: 'bad' },
  'no data': { text: '– no data', tone: 'muted' },
};

export function stateWords({ state }: SloResult): { text: string; tone: string } {
  return STATES[state];
}

/** Without rounding a miss up to a hundred. */
export function percentOf(share: number | null): string {
  return share === null ? '–' : `${Math.floor(share * 1e5) / 1e3}\u00a0%`;
}

export function permilleWords(permille: number | null): string {
  return permille === null ? '–' : `${(permille / 10).toFixed(1)}\u00a0%`;
}

/** The alerts that fire or are about to, the worst first; none where all is calm. */
export function activeAlerts({ alerts }: SloResult): SloAlert[] {
  const rank = { firing: 0, pending: 1, inactive: 2 };
  return alerts.filter(({ state }) => state !== 'inactive').toSorted((a, b) => rank[a.state] - rank[b.state]);
}

export function burnWords({ burn }: { burn: number | null }): string {
  return burn === null ? '–' : `${burn >= 100 ? Math.round(burn) : Number(burn.toPrecision(3))}×`;
}

const PART_NAMES: Record<Part | typeof STOLEN, string> = {
  'nic.in': 'NIC in',
  'switch.in': 'switch in',
  vnic: 'vNIC both',
  'tcp.in': 'TCP in',
  wait: 'wait',
  service: 'service',
  'tcp.out': 'TCP out',
  'switch.out': 'switch out',
  'nic.out': 'NIC out',
  transfer: 'transfer',
  steal: 'CPU kept from the guest',
};

export function partName(part: Part | typeof STOLEN): string {
  return PART_NAMES[part];
}

/** Where a report of a stretch of time is. */
export function reportAddress(objective: string, fromMs: number, toMs: number): string {
  const query = { objective, from: `${Math.floor(fromMs / 1000)}`, to: `${Math.ceil(toMs / 1000)}` };
  return `/api/slo/report?${new URLSearchParams(query)}`;
}

/** The page of one request; its run stands in its id. */
export function requestAddress(id: string): string {
  return `/requests?${new URLSearchParams({ run: id.slice(0, id.lastIndexOf('.')), id })}`;
}
