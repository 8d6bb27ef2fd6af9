import { describe, expect, it } from 'vitest';
import { findings } from '../../dashboard/findings.ts';
import type { Health } from '../../server/wire/views.ts';
import { exchanges, frame, hostNowNs } from '../server/exchanges.ts';
import { acked, attach, getJson, start } from '../server/running-server.ts';

/** Of a real server that two agents deliver to. */
async function healthy(): Promise<Health> {
  const server = await start();
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  const records = exchanges(50, hostNowNs());
  host.peer.send(frame(1, records.host));
  guest.peer.send(frame(1, records.guest));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  const health = await getJson<Health>(server, '/api/health');
  // The agents of the tests are of a version of their own.
  return { ...health, version: health.agents[0]!.version };
}

const judged = (health: Health, isRecording = false) =>
  findings({ health, exchanges: 50, nowMs: Date.now(), isRecording });

describe('findings', () => {
  it('are none where nothing is wrong', async () => {
    expect(judged(await healthy())).toEqual([]);
  });

  it('have a remedy each, the bad ones first', async () => {
    const health = await healthy();
    const [agent] = health.agents as [Health['agents'][0]];
    const trouble: Health = {
      ...health,
      version: '0.0.1',
      agents: [{ ...agent, connected: false }],
      drops: { ...health.drops, 'host.ring.full': 3, 'live.skipped': 2 },
      unmatched: { host: 9, guest: 1 },
      liveDelayMs: 3_000,
      faults: { ...health.faults, negative: 1 },
      selfCost: { ...health.selfCost, agentCpu: 0.8 },
      clock: { ...health.clock, boundNs: null, windows: 1, counts: { ...health.clock.counts, disagree: 1 } },
    };
    const all = judged(trouble);
    expect(all.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^no (host|guest) agent$/),
      expect.stringMatching(/^the (host|guest) agent of .* is away/),
      '3 lost in host.ring.full',
      'two clock methods contradicted each other 1 times',
      expect.stringMatching(/is version .*, this server 0\.0\.1$/),
      '2 lost in live.skipped',
      '10 records found no partner, most of them the host’s',
      'no clock between host and guest now',
      '1 layers came out negative',
      expect.stringMatching(/^what is shown is 3\.00.s old$/),
      'the agents take 80 % of a core',
    ]);
    for (const { remedy, means } of all) for (const text of [remedy, means]) expect(text.length).toBeGreaterThan(10);
  });

  it('miss no agent where a recording is replayed', async () => {
    const health = { ...(await healthy()), agents: [] };
    expect(judged(health, true)).toEqual([]);
    expect(judged(health).map(({ what }) => what)).toEqual(['no host agent', 'no guest agent']);
  });
});
