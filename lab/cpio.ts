/**
 * Writes initramfs archives ("newc" cpio, as the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst describes them).
 * Archives may simply follow one another in one initrd file; later entries win.
 */
import { Buffer } from 'node:buffer';

export interface CpioEntry {
  /** Path in the archive, without a leading slash. */
  path: string;
  /** File type and permission bits, e.g. 0o100644, 0o040755 (directory), 0o120777 (symlink). */
  mode: number;
  data: Uint8Array;
}

const HEADER_BYTES = 110;
const NOTHING = new Uint8Array(0);

/** One archive with every parent directory of its entries, in order, closed by its trailer. */
export function cpioArchive(entries: CpioEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  const all = [...missingDirectories(entries), ...entries];
  for (const [index, entry] of all.entries()) parts.push(...entryParts(entry, index + 1));
  parts.push(...entryParts({ path: 'TRAILER!!!', mode: 0, data: NOTHING }, 0));
  return padded(Buffer.concat(parts), 512);
}

export function cpioFile(path: string, data: Uint8Array | string, executable = false): CpioEntry {
  return { path, mode: executable ? 0o100755 : 0o100644, data: Buffer.from(data) };
}

function missingDirectories(entries: CpioEntry[]): CpioEntry[] {
  const paths = new Set<string>();
  for (const { path } of entries) {
    const segments = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= segments.length; depth++) paths.add(segments.slice(0, depth).join('/'));
  }
  return [...paths].sort().map((path) => ({ path, mode: 0o040755, data: NOTHING }));
}

function entryParts(entry: CpioEntry, inode: number): Uint8Array[] {
  const name = Buffer.from(`${entry.path}\0`);
  // Fields after the magic: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, entry.mode, 0, 0, 1, 0, entry.data.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`);
  const headAndName = padded(Buffer.concat([header, name]), 4);
  if (header.length !== HEADER_BYTES) throw new Error(`cpio field out of range in ${entry.path}`);
  return [headAndName, padded(entry.data, 4)];
}

function padded(bytes: Uint8Array, to: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)]);
}
