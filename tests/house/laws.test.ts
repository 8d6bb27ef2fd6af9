/** The five laws of the design: each has tests whose names say so, and here is what holds for all of the code. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BpfCode, bpfCode } from './bpf-code.ts';
import { contentOf, ROOT, sourceFiles } from './source-files.ts';

const LAWS = {
  'law 1, telescoping': ['tests/server/join/layers.test.ts'],
  'law 2, clock-free first': ['tests/server/join/layers.test.ts'],
  'law 3, nothing silent': ['tests/server/join/joiner.property.test.ts', 'tests/server/summary.test.ts'],
  'law 4, out of band': ['tests/house/laws.test.ts', 'tests/agent/host/out-of-band.test.ts'],
  'law 5, self-cost is visible': ['tests/server/self-cost.test.ts'],
};

/** `enum bpf_func_id`: what reads, keeps time, and writes to maps and the ring of our own. */
const HARMLESS: Record<number, string> = {
  1: 'map_lookup_elem',
  2: 'map_update_elem',
  3: 'map_delete_elem',
  5: 'ktime_get_ns',
  8: 'get_smp_processor_id',
  14: 'get_current_pid_tgid',
  16: 'get_current_comm',
  26: 'skb_load_bytes',
  35: 'get_current_task',
  112: 'probe_read_user',
  113: 'probe_read_kernel',
  131: 'ringbuf_reserve',
  132: 'ringbuf_submit',
  133: 'ringbuf_discard',
  137: 'skc_to_tcp_sock',
  158: 'get_current_task_btf',
  181: 'loop',
  184: 'get_func_ret',
  188: 'xdp_get_buff_len',
  189: 'xdp_load_bytes',
};
/** What a program of these kinds returns changes nothing, but for xdp and tc: see out-of-band.test.ts. */
const WATCHING = /^(\.text|raw_tp|xdp|tc|(raw_tp|tp_btf|tracepoint|fentry|fexit|kprobe|kretprobe)\/.+|xdp\.frags)$/;

describe('every law', () => {
  it.each(Object.entries(LAWS))('%s: has a test that says so', (law, files) => {
    for (const file of files) expect(contentOf(file), file).toContain(`it('${law}: `);
  });
});

describe('the programs that run in the kernel', () => {
  let code: (BpfCode & { object: string })[];

  beforeAll(() => {
    const folder = join(ROOT, 'dist/bpf');
    const built = existsSync(folder)
      ? readdirSync(folder).filter((name) => /^(host|guest)\b.*\.bpf\.o$/.test(name))
      : [];
    if (built.length < 2) throw new Error(`${folder} has no host.bpf.o and guest.bpf.o: npm run setup`);
    code = built.flatMap((object) => bpfCode(join(folder, object)).map((section) => ({ object, ...section })));
  });

  it('law 4, out of band: call no helper that writes to a packet, a socket or a process', () => {
    const called = code.flatMap(({ object, section, helpers }) =>
      [...helpers].map((helper) => ({ object, section, helper })),
    );
    expect(called.length).toBeGreaterThan(20);
    expect(called.filter(({ helper }) => HARMLESS[helper] === undefined)).toEqual([]);
    expect(code.filter(({ kernelCalls }) => kernelCalls > 0)).toEqual([]);
  });

  it('law 4, out of band: are of kinds that watch, none that decides, filters or replaces', () => {
    expect(code.length).toBeGreaterThan(15);
    expect(code.filter(({ section }) => !WATCHING.test(section)).map(({ section }) => section)).toEqual([]);
  });

  it('law 4, out of band: are the only ones that an agent loads, not the lab’s that hold packets back', () => {
    const agent = sourceFiles('agent').filter((file) => file.endsWith('.ts'));
    const named = agent.flatMap((file) => contentOf(file).match(/[\w.${}-]+\.bpf\.o\b/g) ?? []);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !/^(guest|host|\$\{(options\.)?role\}|-old)\.bpf\.o$/.test(name))).toEqual([]);
  });
});
