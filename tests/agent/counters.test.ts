import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COUNTERS } from '../../agent/counters.ts';

const HEADER = readFileSync(join(import.meta.dirname, '../../agent/bpf/emit.bpf.h'), 'utf8');

/** Names of `enum hop_counter` in their order, without the last, which is the number of them. */
function enumNames(): string[] {
  const body = /enum hop_counter \{([^}]*)\}/.exec(HEADER)?.[1] ?? '';
  const code = body.replace(/\/\*[\s\S]*?\*\//g, '');
  return code
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

describe('the counters', () => {
  it('have the names and the order of the kernel side', () => {
    const names = enumNames();
    expect(names.pop()).toBe('HOP_COUNTERS');
    expect(names.map((name) => name.replace('HOP_', '').replace('_', '.').toLowerCase())).toEqual([...COUNTERS]);
  });

  it('are all counted somewhere', () => {
    const sources = ['exchange', 'request', 'response', 'flow', 'sweep', 'emit'].map((name) =>
      readFileSync(join(import.meta.dirname, `../../agent/bpf/${name}.bpf.h`), 'utf8'),
    );
    const uncounted = enumNames().filter(
      (name) => name !== 'HOP_COUNTERS' && !sources.join().includes(`count(${name})`),
    );
    expect(uncounted).toEqual([]);
  });
});
