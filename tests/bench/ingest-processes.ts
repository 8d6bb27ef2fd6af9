/** What the kernel says of a process that is measured: CPU by thread, and memory. */
import { readdirSync, readFileSync } from 'node:fs';

/** /proc counts in these, on every Linux that people run. */
const TICKS_PER_SECOND = 100;

export interface CpuSeconds {
  /** All threads, those that have ended too. */
  all: number;
  /** Node's own, and the one of its Worker together with the pool that works for it: the store. */
  main: number;
  worker: number;
}

/** CPU of a process so far. */
export function cpuOf(pid: number): CpuSeconds {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [userTicks, systemTicks] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
  const cpu = { all: (userTicks! + systemTicks!) / TICKS_PER_SECOND, main: 0, worker: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [name, seconds] = threadOf(pid, thread);
    if (Number(thread) === pid) cpu.main += seconds;
    else if (name === 'WorkerThread' || name === 'libuv-worker') cpu.worker += seconds;
  }
  return cpu;
}

function threadOf(pid: number, thread: string): [name: string, seconds: number] {
  try {
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
    return [name, Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e9];
  } catch {
    return ['', 0]; // it has ended since the folder was read
  }
}

export function cpuSince(before: CpuSeconds, now: CpuSeconds): CpuSeconds {
  return { all: now.all - before.all, main: now.main - before.main, worker: now.worker - before.worker };
}

/** Resident memory, bytes. */
export function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

/** Memory over time, and how fast it grows. */
export class MemoryWatch {
  readonly samples: { seconds: number; bytes: number }[] = [];
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number, everyMs: number) {
    this.#timer = setInterval(() => {
      this.samples.push({ seconds: (performance.now() - this.#startMs) / 1000, bytes: residentBytes(pid) });
    }, everyMs);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  get mostBytes(): number {
    return Math.max(...this.samples.map(({ bytes }) => bytes));
  }

  get growth(): number {
    return growthOf(this.samples);
  }
}

/** What a straight line through the last half (least squares) rises by over it, as a share of that half's mean. */
export function growthOf(samples: readonly { seconds: number; bytes: number }[]): number {
  const half = samples.slice(samples.length >> 1);
  const mean = (of: 'seconds' | 'bytes') => half.reduce((sum, each) => sum + each[of], 0) / half.length;
  const [at, level] = [mean('seconds'), mean('bytes')];
  const along = half.reduce((sum, { seconds, bytes }) => sum + (seconds - at) * (bytes - level), 0);
  const spread = half.reduce((sum, { seconds }) => sum + (seconds - at) ** 2, 0);
  return ((along / spread) * (half.at(-1)!.seconds - half[0]!.seconds)) / level;
}
