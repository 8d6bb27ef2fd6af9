import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Link, listLinks, parseLinks, uplinksOf } from '../../../agent/host/links.ts';
import { SwitchedHost } from '../switched-host.ts';

const RECORDED = parseLinks(readFileSync(join(import.meta.dirname, '../../fixtures/ip-link.json'), 'utf8'));

function link(name: string): Link {
  return RECORDED.find((one) => one.name === name) as Link;
}

describe('links as `ip` prints them', () => {
  it('have a kind, a bridge and a state', () => {
    const short = RECORDED.map(({ name, kind, master, up }) => [name, kind, master, up]);
    expect(short.sort()).toEqual([
      ['br0', 'bridge', '', true],
      ['br1', 'bridge', '', false],
      ['eth0', 'veth', '', false],
      ['lo', '', '', false],
      ['nic0', 'veth', 'br0', true],
      ['vnet0', 'tun', 'br0', true],
      ['vnet1', 'tun', 'br1', false],
      ['vnet2', 'tun', '', false],
    ]);
    expect(new Set(RECORDED.map(({ ifindex }) => ifindex)).size).toBe(RECORDED.length);
  });

  it('give as uplinks the other ports of the bridges that the taps are on', () => {
    expect(uplinksOf(RECORDED, [link('vnet0')]).map(({ name }) => name)).toEqual(['nic0']);
    expect(uplinksOf(RECORDED, [link('vnet1')])).toEqual([]);
    expect(uplinksOf(RECORDED, [link('vnet2')])).toEqual([]);
    expect(uplinksOf(RECORDED, [])).toEqual([]);
  });

  it('give only the physical ports where the bridge has some', () => {
    const physical = { ...link('eth0'), kind: '', master: 'br0' };
    const links = [...RECORDED.filter(({ name }) => name !== 'eth0'), physical];
    expect(uplinksOf(links, [link('vnet0'), link('vnet1')])).toEqual([physical]);
  });
});

describe('links of a running machine', () => {
  it('are those of the network namespace that asks', () => {
    const network = new SwitchedHost();
    const found = network.host.inside(() => listLinks());
    const ports = found.filter(({ master }) => master === 'br0');
    expect(ports.map(({ name, kind, up }) => [name, kind, up]).sort()).toEqual([
      ['nic0', 'veth', true],
      ['vnet0', 'veth', true],
    ]);
    expect(ports.find(({ name }) => name === 'nic0')?.ifindex).toBe(network.ifindex('nic0'));
    network.remove();
  });
});
