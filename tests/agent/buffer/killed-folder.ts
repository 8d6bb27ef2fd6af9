/** What a killed host agent of this machine leaves on disk. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { KeptAgent } from '../../../agent/buffer/agent-folder.ts';
import { DiskBudget } from '../../../agent/buffer/disk-budget.ts';
import { FrameSegments } from '../../../agent/buffer/frame-segments.ts';
import { FrameBuffer } from '../../../agent/frame-buffer.ts';
import { bootId } from '../../../agent/machine.ts';
import { hello, PROVENANCE } from '../../server/exchanges.ts';
import { generate } from '../frame-line.ts';

/** @param startedNs its age: the lowest is the oldest */
export function kept(agentId: string, changes: Partial<KeptAgent['hello']> = {}, startedNs = '1'): KeptAgent {
  const { type, protocol, token, clock, ...same } = hello('host', '', { agentId, bootId: bootId() });
  return { hello: { ...same, provenance: { ...PROVENANCE, hostname: hostname() }, ...changes }, startedNs, vms: null };
}

/** @returns its folder with so many frames of so many records */
export function leftBy(directory: string, agent: KeptAgent, frames: number, records = 1): string {
  const folder = join(directory, agent.hello.agentId);
  mkdirSync(folder);
  writeFileSync(join(folder, 'agent.json'), JSON.stringify(agent));
  const segments = new FrameSegments(folder, () => undefined);
  const buffer = new FrameBuffer(0, { segments, budget: new DiskBudget(Number.MAX_SAFE_INTEGER) });
  for (let i = 0; i < frames; i++) generate(buffer, records);
  segments.close();
  return folder;
}
