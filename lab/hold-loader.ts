/**
 * Plants delays, or the loss of packets, on the machine it runs on: loads hold.bpf.o and attaches one of its
 * programs where it is told. A program of its own, started beside the run or sent into
 * the guest, so it imports nothing but koffi. Everything it attached goes with it.
 *
 *   node hold-loader.ts <hold.bpf.o>     one JSON command per line in, one answer per line out
 */
import { createInterface } from 'node:readline';
import koffi from 'koffi';

/** Where a program waits. `first` and `last` are among the other programs of the same hook. */
export type HoldPoint =
  | { device: string; hook: 'ingress' | 'egress'; order: 'first' | 'last' }
  | {
      process: string;
      syscall: number;
      /** Where what the hold costs the process ends: with the call, or with its next call (and what goes first meanwhile). */
      until: 'exit' | 'next call';
    };

export interface HoldPlan {
  point: HoldPoint;
  delayNs: number;
  /** Of packets: how many of a thousand are dropped instead; what is `spent` has an entry for each. */
  lossPermille?: number;
  /** From the answer on until block 0 begins. */
  leadNs: number;
  blockNs: number;
  /** Which of the at most 64 blocks hold. */
  blocks: boolean[];
  port: number;
}

export type HoldCommand = { hold: HoldPlan } | { release: true };

/**
 * How long each held packet was held, and how long each system call took in planted
 * and in clean blocks, ns. Of packets there are no clean ones: what is not held takes no time.
 */
export interface Spent {
  planted: number[];
  clean: number[];
}

/** `fromNs`: this machine's CLOCK_MONOTONIC at the start of block 0. `spent`: what the plan before did. */
export type HoldAnswer = { ok: true; fromNs: string; spent: Spent } | { ok: false; error: string };

const bpf = koffi.load('libbpf.so.1');
const libc = koffi.load('libc.so.6');
const setPrint = bpf.func('void *libbpf_set_print(void *print)');
const openFile = bpf.func('void *bpf_object__open_file(const char *path, void *opts)');
const loadObject = bpf.func('int bpf_object__load(void *obj)');
const findProgram = bpf.func('void *bpf_object__find_program_by_name(void *obj, const char *name)');
const findMap = bpf.func('int bpf_object__find_map_fd_by_name(void *obj, const char *name)');
const programFd = bpf.func('int bpf_program__fd(void *prog)');
const attach = bpf.func('void *bpf_program__attach(void *prog)');
const destroyLink = bpf.func('int bpf_link__destroy(void *link)');
const update = bpf.func('int bpf_map_update_elem(int fd, const void *key, const void *value, uint64 flags)');
const lookup = bpf.func('int bpf_map_lookup_elem(int fd, const void *key, _Out_ uint8_t *value)');
const hookCreate = bpf.func('int bpf_tc_hook_create(_Inout_ uint8_t *hook)');
const tcAttach = bpf.func('int bpf_tc_attach(uint8_t *hook, _Inout_ uint8_t *opts)');
const tcDetach = bpf.func('int bpf_tc_detach(uint8_t *hook, uint8_t *opts)');
const indexOf = libc.func('uint32 if_nametoindex(const char *name)');
const close = libc.func('int close(int fd)');
const syscall = libc.func('long syscall(long number, long command, _Inout_ uint8_t *attributes, long size)');

const SYS_BPF = process.arch === 'arm64' ? 280 : 321;
const LINK_CREATE = 28;
const TCX = { ingress: 46, egress: 47 };
const TCX_ORDER = { first: 8, last: 16 };
const TC_POINT = { ingress: 1, egress: 2 };
const TC_PRIORITY = { first: 1, last: 0xf000 };
const TC_HANDLE = 1;
const ZERO_KEY = new Uint8Array(4);
const COMM_BYTES = 16;
const MOST_TIMES = 511;

class Holder {
  readonly #object: unknown;
  readonly #settings: number;
  readonly #spent: number;
  #detach: () => void = () => {};

  constructor(file: string) {
    // Failures come back as values; libbpf's own words would go between the answers.
    setPrint(null);
    this.#object = openFile(file, null);
    if (!this.#object || loadObject(this.#object) !== 0) throw new Error(`${file} cannot be loaded`);
    this.#settings = findMap(this.#object, 'hold') as number;
    this.#spent = findMap(this.#object, 'spent') as number;
  }

  run(command: HoldCommand): HoldAnswer {
    const spent = this.#takeSpent();
    this.release();
    if ('release' in command) return { ok: true, fromNs: '0', spent };
    const { point } = command.hold;
    this.#detach = 'device' in point ? this.#atDevice(point) : this.#atSyscall();
    const fromNs = process.hrtime.bigint() + BigInt(Math.round(command.hold.leadNs));
    this.#write(settingsOf(command.hold, fromNs));
    return { ok: true, fromNs: String(fromNs), spent };
  }

  release(): void {
    this.#write(new Uint8Array(SETTINGS_BYTES));
    this.#detach();
    this.#detach = () => {};
  }

  #write(settings: Uint8Array): void {
    if (update(this.#settings, ZERO_KEY, settings, 0) !== 0) throw new Error('the settings cannot be written');
  }

  #takeSpent(): Spent {
    const take = (planted: number) => {
      const key = new Uint8Array([planted, 0, 0, 0]);
      const value = new BigUint64Array(1 + MOST_TIMES);
      const bytes = new Uint8Array(value.buffer);
      lookup(this.#spent, key, bytes);
      update(this.#spent, key, new Uint8Array(bytes.length), 0);
      return Array.from(value.subarray(1, 1 + Math.min(Number(value[0]), MOST_TIMES)), Number);
    };
    return { clean: take(0), planted: take(1) };
  }

  /** tcx where the kernel has it (6.6), else a clsact filter. */
  #atDevice({ device, hook, order }: Extract<HoldPoint, { device: string }>): () => void {
    const program = programFd(findProgram(this.#object, 'hold_packet')) as number;
    const index = indexOf(device) as number;
    if (index === 0) throw new Error(`there is no device ${device}`);
    const attributes = new Uint8Array(64);
    new Uint32Array(attributes.buffer).set([program, index, TCX[hook], TCX_ORDER[order]]);
    const link = Number(syscall(SYS_BPF, LINK_CREATE, attributes, attributes.length));
    return link >= 0 ? () => close(link) : atClsact(program, index, TC_POINT[hook], TC_PRIORITY[order]);
  }

  #atSyscall(): () => void {
    const links = ['hold_call', 'hold_call_end'].map((name) => attach(findProgram(this.#object, name)));
    if (!links.every(Boolean)) throw new Error('the tracepoints of system calls cannot be attached to');
    return () => {
      for (const link of links) destroyLink(link);
    };
  }
}

/** struct bpf_tc_hook and struct bpf_tc_opts of libbpf. */
function atClsact(program: number, index: number, point: number, priority: number): () => void {
  const hook = new Uint8Array(24);
  new Uint32Array(hook.buffer).set([hook.length, 0, index, point]);
  const options = (fd: number) => {
    const bytes = new Uint8Array(32);
    new Uint32Array(bytes.buffer).set([bytes.length, 0, fd, 0, 0, TC_HANDLE, priority]);
    return bytes;
  };
  hookCreate(hook);
  const status = tcAttach(hook, options(program)) as number;
  if (status !== 0) throw new Error(`tc refuses the program (error ${-status})`);
  return () => tcDetach(hook, options(0));
}

const SETTINGS_BYTES = 64;

/** struct hold of agent/bpf/hold.bpf.c. */
function settingsOf(plan: HoldPlan, fromNs: bigint): Uint8Array {
  const { point, delayNs, lossPermille = 0, blockNs, blocks, port } = plan;
  const bytes = Buffer.alloc(SETTINGS_BYTES);
  const pattern = blocks.reduce((bits, on, n) => (on ? bits | (1n << BigInt(n)) : bits), 0n);
  const numbers = [BigInt(Math.round(delayNs)), fromNs, BigInt(Math.round(blockNs)), pattern];
  for (const [n, value] of numbers.entries()) bytes.writeBigUInt64LE(value, n * 8);
  if ('process' in point) {
    bytes.write(point.process.slice(0, COMM_BYTES - 1), 32, 'latin1');
    bytes.writeUInt32LE(point.syscall, 48);
    bytes.writeUInt32LE(point.until === 'exit' ? 0 : 1, 56);
  }
  bytes.writeUInt32LE(port, 52);
  bytes.writeUInt32LE(lossPermille, 60);
  return bytes;
}

function answer(holder: Holder, line: string): HoldAnswer {
  try {
    return holder.run(JSON.parse(line) as HoldCommand);
  } catch (error) {
    return { ok: false, error: (error as Error).message };
  }
}

if (import.meta.main) {
  const holder = new Holder(process.argv[2] ?? '');
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(answer(holder, line)));
  }
  holder.release();
  process.exit(0);
}
