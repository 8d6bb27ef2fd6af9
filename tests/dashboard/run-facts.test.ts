import { describe, expect, it } from 'vitest';
import { runFacts } from '../../dashboard/run-facts.ts';
import { summaryOf } from '../server/compare/compared-run.ts';

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('runFacts', () => {
  it('tell what a run was made under', () => {
    const summary = summaryOf('e1000', 2000);
    const facts = runFacts(summary.run, summary, 0);
    expect(facts).toMatchObject({
      isOpen: false,
      isRecording: false,
      nic: ['e1000', 'virtio_net'],
      approach: ['CPU full', 'NIC paravirtual'],
      kernel: '6.1.0-41-amd64',
      accelerator: '–',
      losses: { records: 0, text: 'nothing lost', where: '' },
    });
    expect([facts.length, ...facts.load].map(plain)).toEqual(['20 s', '100 req/s', '/']);
  });

  it('add up what was dropped on the way and what found no partner, and say where', () => {
    const drops = { 'host.ring.full': 2, 'guest.uplink.buffer': 0, 'live.skipped': 50 };
    const summary = summaryOf('e1000', 2000, { drops, unmatched: { host: 0, guest: 3 } });
    const { losses } = runFacts(summary.run, summary, 0);
    expect(losses).toEqual({ records: 5, text: '5 lost', where: 'host.ring.full 2, unmatched.guest 3' });
  });

  it('of a run that goes on, or of which nothing was told yet, promise nothing', () => {
    const { run } = summaryOf('e1000', 0);
    const facts = runFacts({ ...run, startedMs: 1_000, endedMs: null }, undefined, 62_000);
    expect(plain(facts.length)).toBe('1 min 1 s');
    expect(facts).toMatchObject({ isOpen: true, nic: ['–', ''], load: ['–', ''], losses: { text: '–' } });
  });

  it('name the driver where nobody knows the model', () => {
    const summary = summaryOf('', 100);
    expect(runFacts(summary.run, summary, 0).nic).toEqual(['virtio_net', '']);
  });
});
