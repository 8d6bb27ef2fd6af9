/** Objectives judged the obvious way, from the requests themselves: no minutes, no sums, no state between moments. */
import { periodAt } from '../../../server/slo/calendar.ts';
import type { Objective } from '../../../server/slo/objective.ts';
import type { AlertRule } from '../../../server/slo/presets.ts';
import { MINUTE, type RandomStream, type Request, VM_NAMES } from './random-stream.ts';

type Verdict = 'good' | 'bad' | 'unmeasured' | 'longPolls' | 'healthChecks' | 'multiplexed';

const CLASS = ['request', 'multiplexed', 'stream', 'handshake'];

/** @returns null where the objective is not about it */
function verdictOn({ indicator }: Objective, request: Request): Verdict | null {
  const { total, numerator, threshold, longPolls, healthChecks } = indicator;
  const [path] = request.path.split('?') as [string];
  if (CLASS[request.class] === 'handshake') return null;
  if (total.vm && !total.vm.some((pattern) => isLike(VM_NAMES[request.vm]!, pattern))) return null;
  if (total.port && !total.port.includes(request.port)) return null;
  if (total.method && !total.method.includes(request.method)) return null;
  if (total.path && !total.path.some((pattern) => isLike(path, pattern))) return null;
  if (CLASS[request.class] === 'stream' || longPolls.some((pattern) => isLike(path, pattern))) return 'longPolls';
  if (CLASS[request.class] === 'multiplexed') return 'multiplexed';
  if (healthChecks.some((pattern) => isLike(path, pattern))) return 'healthChecks';
  if (numerator && !hasStatus(request.status, numerator.selector.status!)) return 'bad';
  if (threshold && Number.isNaN(request.endToEnd)) return 'unmeasured';
  if (!threshold) return 'good';
  const isFast = threshold.op === 'lt' ? request.endToEnd < threshold.ns : request.endToEnd <= threshold.ns;
  return isFast ? 'good' : 'bad';
}

function isLike(text: string, pattern: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function hasStatus(status: number, patterns: readonly string[]): boolean {
  if (patterns[0] === '!5xx') return status < 500;
  return patterns.some((pattern) => String(status).length === 3 && pattern[0] === String(status)[0]);
}

export function inMaintenance({ maintenance }: Objective, atMs: number): boolean {
  const minute = Math.floor(atMs / MINUTE) * MINUTE;
  return maintenance.some(({ fromMs, toMs }) => minute >= fromMs && minute < toMs);
}

interface JudgedRequest {
  atMs: number;
  verdict: Verdict;
}
/** A verdict does not depend on when it is asked for. */
const JUDGED = new WeakMap<RandomStream, JudgedRequest[]>();

/** Those that the objective is about. */
function judged(stream: RandomStream): JudgedRequest[] {
  const { objective, requests } = stream;
  const known = JUDGED.get(stream) ?? [];
  if (JUDGED.has(stream)) return known;
  for (const request of requests) {
    const verdict = verdictOn(objective, request);
    if (verdict !== null) known.push({ atMs: request.atMs, verdict });
  }
  JUDGED.set(stream, known);
  return known;
}

/** Requests from fromMs up to toMs, by verdict. */
export function countsBetween(stream: RandomStream, fromMs: number, toMs: number) {
  const counts = { total: 0, good: 0, bad: 0, unmeasured: 0, longPolls: 0, healthChecks: 0, multiplexed: 0 };
  for (const { atMs, verdict } of judged(stream)) {
    if (atMs < fromMs || atMs >= toMs || inMaintenance(stream.objective, atMs)) continue;
    counts[verdict]++;
    if (verdict === 'good' || verdict === 'bad') counts.total++;
  }
  return counts;
}

/** @param atLeastOne where no slice lies in there as a whole, the one before */
export function spentBetween(stream: RandomStream, fromMs: number, toMs: number, atLeastOne: boolean) {
  const { slice } = stream.objective;
  if (slice === null) {
    const { total, bad } = countsBetween(stream, fromMs, toMs);
    return { total, bad };
  }
  const sliceMs = slice.minutes * MINUTE;
  const end = Math.floor(toMs / sliceMs) * sliceMs;
  const spent = { total: 0, bad: 0 };
  const first = Math.ceil(fromMs / sliceMs) * sliceMs;
  for (let at = atLeastOne ? Math.min(first, end - sliceMs) : first; at < end; at += sliceMs) {
    const { total, good } = countsBetween(stream, at, at + sliceMs);
    if (total === 0) continue;
    spent.total += slice.target === null ? 1e9 : 1;
    if (slice.target === null) spent.bad += 1e9 - Math.round((good / total) * 1e9);
    else if (good / total < slice.target) spent.bad++;
  }
  return spent;
}

/** Whole minutes that begin in the last so many. */
function lastMs(minutes: number, nowMs: number): [number, number] {
  return [Math.ceil((nowMs - minutes * MINUTE) / MINUTE) * MINUTE, Math.ceil(nowMs / MINUTE) * MINUTE];
}

export function windowMs({ window: { length, calendar } }: Objective, nowMs: number): [number, number] {
  if (calendar !== null) {
    return [Math.floor(periodAt(calendar, length, nowMs).fromMs / MINUTE) * MINUTE, Math.ceil(nowMs / MINUTE) * MINUTE];
  }
  return lastMs(length.count, nowMs);
}

/** The allowed share, as a decimal number. */
export function allowedOf({ target }: Objective): number {
  return { 0.5: 0.5, 0.9: 0.1, 0.99: 0.01, 0.999: 0.001 }[target]!;
}

/** Whether somebody measured in each of these minutes. */
function isMeasured(stream: RandomStream, fromMs: number, toMs: number): boolean {
  for (let at = fromMs; at < toMs; at += MINUTE) {
    const hasOne = judged(stream).some(({ atMs }) => atMs >= at && atMs < at + MINUTE);
    if (!hasOne && !stream.present.has(at / MINUTE)) return false;
  }
  return true;
}

/** `<ms> <rule> firing|resolved`, of whole minutes. */
export function alertsOf(stream: RandomStream): string[] {
  const told: string[] = [];
  for (const rule of stream.objective.rules) {
    let state: 'inactive' | 'pending' | 'firing' = 'inactive';
    let since = 0;
    for (let at = Math.ceil(stream.fromMs / MINUTE) * MINUTE; at <= stream.toMs; at += MINUTE) {
      const shortMs = lastMs(rule.shortMinutes ?? rule.longMinutes, at);
      if (burns(stream, rule, lastMs(rule.longMinutes, at)) && burns(stream, rule, shortMs)) {
        if (state === 'inactive') [state, since] = ['pending', at];
        if (state === 'pending' && at - since >= rule.forMinutes * MINUTE) {
          state = 'firing';
          told.push(`${at} ${rule.name} firing`);
        }
      } else if (state !== 'inactive' && isMeasured(stream, ...shortMs)) {
        if (state === 'firing') told.push(`${at} ${rule.name} resolved`);
        state = 'inactive';
      }
    }
  }
  return told.sort();
}

function burns(stream: RandomStream, rule: AlertRule, [fromMs, toMs]: [number, number]): boolean {
  const { total, bad } = spentBetween(stream, fromMs, toMs, true);
  return total > 0 && bad / total > rule.factor * allowedOf(stream.objective);
}
