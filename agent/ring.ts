/**
 * The BPF ring buffer, read through mmap in batches: no callback and no
 * decoding per record. Layout of the kernel's kernel/bpf/ringbuf.c: a consumer
 * page we write, a producer page we read, then the data mapped twice in a row,
 * so that a record never wraps.
 */
import koffi from 'koffi';
import { lastError, type Pointer, system } from './libbpf.ts';

const PAGE = 4096;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffffn;
const HEADER = 8;
const BUSY = 0x80000000;
const DISCARDED = 0x40000000;

function map(fd: number, length: number, protection: number, offset: number): Pointer {
  const at = BigInt.asUintN(64, BigInt(system.mmap(null, length, protection, MAP_SHARED, fd, offset) ?? 0));
  if (at === MAP_FAILED || at === 0n) throw new Error(`cannot map the ring buffer: ${lastError()}`);
  return at;
}

export class Ring {
  readonly #recordBytes: number;
  readonly #mask: bigint;
  readonly #mappings: [Pointer, number][];
  #consumer: BigUint64Array | null;
  #producer: BigUint64Array | null;
  #headers: Int32Array | null;
  #data: Uint8Array | null;

  /**
   * @param fd of the map @param bytes its max_entries (a power of two)
   * @param recordBytes the fixed record's size, a multiple of 8
   */
  constructor(fd: number, bytes: number, recordBytes: number) {
    this.#recordBytes = recordBytes;
    this.#mask = BigInt(bytes - 1);
    const consumer = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
    const length = PAGE + 2 * bytes;
    const producer = map(fd, length, PROT_READ, PAGE);
    this.#mappings = [
      [consumer, PAGE],
      [producer, length],
    ];
    const shared = koffi.view(producer, length);
    this.#consumer = new BigUint64Array(koffi.view(consumer, PAGE), 0, 1);
    this.#producer = new BigUint64Array(shared, 0, 1);
    this.#headers = new Int32Array(shared, PAGE);
    this.#data = new Uint8Array(shared, PAGE);
  }

  /** Records waiting, at most; one still being written by the kernel is counted too. */
  get waiting(): number {
    if (!this.#producer || !this.#consumer) return 0;
    const bytes = Atomics.load(this.#producer, 0) - Atomics.load(this.#consumer, 0);
    return Number(bytes) / (this.#recordBytes + HEADER);
  }

  /**
   * Move up to `most` records into `target`, one after the other from `at`.
   * @returns how many were moved
   */
  take(target: Uint8Array, at: number, most: number): number {
    if (!this.#producer || !this.#consumer || !this.#headers || !this.#data) return 0;
    const end = Atomics.load(this.#producer, 0);
    let position = Atomics.load(this.#consumer, 0);
    let taken = 0;
    while (position < end && taken < most) {
      const offset = Number(position & this.#mask);
      const header = Atomics.load(this.#headers, offset >> 2) >>> 0;
      if ((header & BUSY) !== 0) break;
      if ((header & DISCARDED) === 0) {
        const start = offset + HEADER;
        target.set(this.#data.subarray(start, start + this.#recordBytes), at + taken * this.#recordBytes);
        taken += 1;
      }
      position += BigInt(HEADER + (((header & ~DISCARDED) + 7) & ~7));
    }
    Atomics.store(this.#consumer, 0, position);
    return taken;
  }

  /** Unmap. The views are dropped first: reading one afterwards would end the process. */
  close(): void {
    this.#consumer = this.#producer = this.#headers = this.#data = null;
    for (const [at, length] of this.#mappings.splice(0)) system.munmap(at, length);
  }
}
