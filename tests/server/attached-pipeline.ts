/** A pipeline as a server has it, without its sockets. */
import { Pipeline } from '../../server/pipeline.ts';
import { MemoryStore } from '../../server/store/memory.ts';
import { readFrame } from '../../server/wire/frame.ts';
import { frame, hello } from './exchanges.ts';

export const NOW = 1_800_000_000_000;
/** CLOCK_MONOTONIC of the host at NOW. */
export const NOW_NS = 50_000_000_000n;

/** A pipeline with a host and a guest attached, on a clock that the test sets; no sockets. */
export function attached(store = new MemoryStore({ newest: 20_000 })) {
  let nowMs = NOW;
  const pipeline = new Pipeline({ now: () => nowMs, store, run: 'live' });
  const agents = (['host', 'guest'] as const).map((role) => {
    const realtimeNs = String(BigInt(NOW) * 1_000_000n);
    const agent = pipeline.registry.attach(
      hello(role, 'token', { clock: { monotonicNs: String(NOW_NS), realtimeNs } }),
      NOW,
    );
    pipeline.hello(agent);
    return agent;
  });
  const [host, guest] = agents as [(typeof agents)[0], (typeof agents)[0]];
  const send = (agent: typeof host, records: Uint8Array[]) => {
    for (let at = 0; at < records.length; at += 1000) {
      const result = readFrame(frame(1, records.slice(at, at + 1000)));
      if (result.ok) pipeline.frame(agent, result.frame);
    }
  };
  return { pipeline, host, guest, send, advance: (ms: number) => (nowMs += ms) };
}
