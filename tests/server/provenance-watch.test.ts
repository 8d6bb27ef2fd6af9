import { describe, expect, it } from 'vitest';
import { AgentRegistry } from '../../server/agents.ts';
import { ProvenanceWatch } from '../../server/provenance-watch.ts';
import type { Provenance } from '../../server/wire/messages.ts';
import { hello } from './exchanges.ts';

describe('a machine that comes back', () => {
  const watch = new ProvenanceWatch();
  const registry = new AgentRegistry();
  const seen = (changes: Partial<Provenance>) => {
    const first = hello('guest', 'token');
    return watch.seen(registry.attach({ ...first, provenance: { ...first.provenance, ...changes } }, 0));
  };

  it('is the same one, or is told by what changed', () => {
    expect(seen({})).toBeNull();
    expect(seen({ clocksource: 'hpet' })).toBeNull();
    expect(seen({ service: '' })).toBeNull();
    expect(seen({ kernel: '6.12.1-amd64', driver: 'e1000' })).toBe('web1: kernel 6.12.1-amd64');
    expect(seen({ kernel: '6.12.1-amd64', driver: 'e1000' })).toBeNull();
    expect(seen({ kernel: '6.12.1-amd64', driver: 'e1000', offloads: { tso: false } })).toBe('web1: tso off');
    expect(seen({ hostname: 'web2', kernel: '5.10' })).toBeNull();
  });

  it('gives a name that a run may have, whatever a kernel calls itself', () => {
    seen({ hostname: 'x' });
    expect(seen({ hostname: 'x', service: `nginx/1.22 "${'y'.repeat(100)}"` })).toMatch(/^[\w .:-]{1,64}$/);
  });
});
