/** Addresses as a record keeps them, 16 bytes with IPv4 mapped into IPv6, and as text. */

const V4_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

/** An address of a record as text: dotted IPv4 where it is mapped, else IPv6. */
export function addressText(bytes: Uint8Array, at: number): string {
  if (V4_PREFIX.every((b, i) => bytes[at + i] === b)) return bytes.subarray(at + 12, at + 16).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((((bytes[at + i] as number) << 8) | (bytes[at + i + 1] as number)).toString(16));
  }
  return compressZeros(groups);
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`. */
function compressZeros(groups: string[]): string {
  const runs = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].map((m) => m[0]);
  const longest = runs.reduce((a, b) => (b.length > a.length ? b : a), '');
  if (longest === '') return groups.join(':');
  const [before, after] = splitOnce(groups.join(':'), longest);
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.search(new RegExp(`(^|:)${mark}(:|$)`));
  const start = text.indexOf(mark, at);
  return [text.slice(0, start), text.slice(start + mark.length)];
}

/** 16 bytes of an address as text, IPv4 mapped into IPv6; null where it is none. */
export function addressBytes(text: string): Uint8Array | null {
  const dotted = /^(.*?)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!dotted) return groupBytes(text);
  const [, before = '', ...octets] = dotted;
  const [a, b, c, d] = octets.map(Number) as [number, number, number, number];
  if (Math.max(a, b, c, d) > 255) return null;
  return groupBytes(`${before || '::ffff:'}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
}

function groupBytes(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [before, after] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[]?];
  const gap = after === undefined ? 0 : 8 - before.length - after.length;
  if (after !== undefined && gap < 1) return null;
  const groups = [...before, ...new Array<string>(gap).fill('0'), ...(after ?? [])];
  if (groups.length !== 8 || !groups.every((group) => /^[\da-fA-F]{1,4}$/.test(group))) return null;
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return bytes;
}
