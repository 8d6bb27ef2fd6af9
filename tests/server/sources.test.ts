import { describe, expect, it } from 'vitest';
import { AgentRegistry } from '../../server/agents.ts';
import { MAX_SOURCES, SourceTable } from '../../server/sources.ts';
import { hello } from './exchanges.ts';

const NOW = 1_800_000_000_000;

function agentOf(bootId: string, monotonicMs: number) {
  const clock = { monotonicNs: `${monotonicMs}000000`, realtimeNs: `${NOW}000000` };
  return new AgentRegistry().attach(
    hello('host', 'token', { bootId, agentId: `${bootId}-${monotonicMs}`, clock }),
    NOW,
  );
}

describe('SourceTable', () => {
  it('continues the timeline of a boot when its agent restarts', () => {
    const sources = new SourceTable(
      () => undefined,
      () => [],
    );
    const first = sources.attach(agentOf('boot', 1_000));
    const again = sources.attach(agentOf('boot', 9_000));
    expect(again).toMatchObject({ index: first.index, base: first.base });
    // Wall clock at the base: the later agent says it is 8 s earlier, for it read the same wall clock 8 s later.
    expect(again.wallOffsetMs).toBe(first.wallOffsetMs - 8_000);
    expect(sources.baseOf(first.index)).toBe(1_000_000_000n);
  });

  it('gives a number to another boot only after it was let go of', () => {
    const forgotten: number[] = [];
    const sources = new SourceTable(
      (index) => forgotten.push(index),
      () => [],
    );
    for (let i = 0; i < MAX_SOURCES; i++) expect(sources.attach(agentOf(`boot-${i}`, 1)).index).toBe(i);
    expect(forgotten).toEqual([]);
    expect(sources.attach(agentOf('one-more', 1)).index).toBe(0);
    expect(forgotten).toEqual([0]);
    expect(sources.of(agentOf('boot-0', 1))).toBeUndefined();
    expect(sources.of(agentOf('boot-1', 1))?.index).toBe(1);
  });

  it('lets a connected agent keep its number, however many boots come after it', () => {
    const staying = agentOf('staying', 1);
    const sources = new SourceTable(
      () => undefined,
      () => [staying],
    );
    const { index } = sources.attach(staying);
    for (let i = 0; i < 2 * MAX_SOURCES; i++) expect(sources.attach(agentOf(`boot-${i}`, 1)).index).not.toBe(index);
    expect(sources.of(staying)?.index).toBe(index);
  });
});
