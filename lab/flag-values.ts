/** Values of flags that several commands of the lab take, checked; what is wrong with one is said as commander says it. */
import { InvalidArgumentError } from 'commander';
import { isNicModel, NIC_MODELS, type NicModel } from './nic-models.ts';

/** Requests a second. */
export const MAX_RATE = 50_000;

/** Seconds from `20s`, `2m`, `500ms`, `1h` or a bare number of seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text);
  const seconds = match && Number(match[1]) * { ms: 0.001, s: 1, m: 60, h: 3600, '': 1 }[match[2] as 's']!;
  if (!seconds) throw new InvalidArgumentError('expected something like 20s, 2m or 1h');
  return seconds;
}

export function parseNic(name: string): NicModel {
  if (isNicModel(name)) return name;
  throw new InvalidArgumentError(`there is no such NIC here. There are: ${Object.keys(NIC_MODELS).join(', ')}`);
}

/** Several by commas. */
export function parseNics(names: string): NicModel[] {
  return names.split(',').map((name) => parseNic(name.trim()));
}

export function parsePath(path: string): string {
  if (/^\/[^\s?#]*$/.test(path)) return path;
  throw new InvalidArgumentError('a path begins with / and has no spaces or query, e.g. /sleep/20');
}

export function probeKinds(text: string): string {
  if (/^[a-z_]+(,[a-z_]+)*$/.test(text)) return text;
  throw new InvalidArgumentError('expected kinds of probes by commas, as in fentry,tp_btf');
}

export function between(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`expected a number from ${low} to ${high}`);
  };
}

export function wholeBetween(low: number, high: number): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}`);
    return between(low, high)(text);
  };
}
