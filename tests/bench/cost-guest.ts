/**
 * Runs inside the guest, bundled into one file beside the agent's own: the kernel's
 * run statistics by program, or the naive variant of ourselves.
 *   node cost-guest.mjs programs <seconds>       one JSON object on standard output
 *   node cost-guest.mjs naive <object> <state>   until SIGTERM; see cost-naive.ts
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import koffi from 'koffi';
import { libbpf, silenceLibbpf, system } from '../../agent/libbpf.ts';
import { runNaive } from './cost-naive.ts';

const bpf = koffi.load('libbpf.so.1');
const nextProgramId = bpf.func('int bpf_prog_get_next_id(uint32 start, _Out_ uint32_t *next)');
const programById = bpf.func('int bpf_prog_get_fd_by_id(uint32 id)');

const RUN_TIME = 0;
/** Offsets in struct bpf_prog_info (uapi/linux/bpf.h). */
const INFO_BYTES = 256;
const NAME_AT = 64;
const NAME_BYTES = 16;
const RUN_TIME_AT = 192;
const RUN_COUNT_AT = 200;
const ACCESS_LOG = '/run/hopscope/access.log';

export interface ProgramCost {
  id: number;
  /** As the kernel keeps it: the first 15 characters. */
  name: string;
  runs: number;
  ns: number;
}

export interface ProgramsReport {
  seconds: number;
  /** Lines that Nginx wrote to its access log meanwhile. */
  requests: number;
  programs: ProgramCost[];
}

function programs(): ProgramCost[] {
  const found: ProgramCost[] = [];
  const next = [0];
  while ((nextProgramId(next[0], next) as number) === 0) {
    const fd = programById(next[0]) as number;
    if (fd < 0) continue;
    const info = new Uint8Array(INFO_BYTES);
    if ((libbpf.objectInfo(fd, info, [INFO_BYTES]) as number) === 0) found.push(programOf(next[0]!, info));
    system.close(fd);
  }
  return found;
}

function programOf(id: number, info: Uint8Array): ProgramCost {
  const view = new DataView(info.buffer);
  const name = Buffer.from(info.subarray(NAME_AT, NAME_AT + NAME_BYTES)).toString('latin1');
  return {
    id,
    name: name.slice(0, name.indexOf('\0')),
    runs: Number(view.getBigUint64(RUN_COUNT_AT, true)),
    ns: Number(view.getBigUint64(RUN_TIME_AT, true)),
  };
}

function requestsLogged(): number {
  let lines = 0;
  for (const byte of readFileSync(ACCESS_LOG)) if (byte === 10) lines++;
  return lines;
}

async function watchPrograms(seconds: number): Promise<ProgramsReport> {
  const statistics = libbpf.enableStats(RUN_TIME) as number;
  if (statistics < 0) throw new Error('the kernel gives no BPF run statistics');
  const before = new Map(programs().map((program) => [program.id, program]));
  const requestsBefore = requestsLogged();
  const startMs = performance.now();
  await delay(seconds * 1000);
  const after = programs();
  const requests = requestsLogged() - requestsBefore;
  const elapsedS = (performance.now() - startMs) / 1000;
  system.close(statistics);
  const grown = after.map((program) => {
    const { runs, ns } = before.get(program.id) ?? { runs: 0, ns: 0 };
    return { ...program, runs: program.runs - runs, ns: program.ns - ns };
  });
  return { seconds: elapsedS, requests, programs: grown };
}

if (import.meta.main) {
  const [mode, first = '', second = ''] = process.argv.slice(2);
  silenceLibbpf();
  if (mode === 'programs') process.stdout.write(`${JSON.stringify(await watchPrograms(Number(first)))}\n`);
  else if (mode === 'naive') await runNaive(first, second);
  else throw new Error('usage: cost-guest.mjs programs <seconds> | naive <object> <state>');
}
