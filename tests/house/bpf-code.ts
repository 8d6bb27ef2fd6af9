import { readFileSync } from 'node:fs';

/** One section of instructions in a compiled BPF object. */
export interface BpfCode {
  /** Where its programs attach, as in `tc` or `fentry/tcp_v4_rcv`; `.text` holds what they call. */
  section: string;
  /** Numbers of the helpers that it calls: `enum bpf_func_id` of linux/bpf.h. */
  helpers: Set<number>;
  /** Calls of kernel functions by name, which are no helpers. */
  kernelCalls: number;
}

const EXECUTABLE = 4n;
const CALL = 0x85;
const LOAD_64 = 0x18;
const KERNEL_FUNCTION = 2;

/** All code of an object file: ELF64, little-endian, as clang writes it for BPF. */
export function bpfCode(file: string): BpfCode[] {
  const bytes = readFileSync(file);
  const headersAt = Number(bytes.readBigUInt64LE(0x28));
  const size = bytes.readUInt16LE(0x3a);
  const header = (index: number) => bytes.subarray(headersAt + index * size, headersAt + (index + 1) * size);
  const body = (h: Buffer) => {
    const offset = Number(h.readBigUInt64LE(24));
    return bytes.subarray(offset, offset + Number(h.readBigUInt64LE(32)));
  };
  const names = body(header(bytes.readUInt16LE(0x3e)));
  return Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, i) => header(i))
    .filter((h) => (h.readBigUInt64LE(8) & EXECUTABLE) !== 0n)
    .map((h) => ({ section: nameAt(names, h.readUInt32LE(0)), ...callsIn(body(h)) }));
}

function nameAt(names: Buffer, at: number): string {
  return names.toString('latin1', at, names.indexOf(0, at));
}

function callsIn(code: Buffer): Omit<BpfCode, 'section'> {
  const helpers = new Set<number>();
  let kernelCalls = 0;
  for (let at = 0; at < code.length; at += code[at] === LOAD_64 ? 16 : 8) {
    if (code[at] !== CALL) continue;
    const kind = (code[at + 1] as number) >> 4;
    if (kind === 0) helpers.add(code.readInt32LE(at + 4));
    if (kind === KERNEL_FUNCTION) kernelCalls++;
  }
  return { helpers, kernelCalls };
}
