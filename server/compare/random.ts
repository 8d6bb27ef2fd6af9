/** The same numbers for the same seed, anywhere: xorshift128 (Marsaglia, Xorshift RNGs, 2003), seeded by splitmix32. */
export function seededRandom(seed: number): () => number {
  const state = new Uint32Array(4);
  let mixed = seed >>> 0;
  for (let i = 0; i < 4; i++) {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let word = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    state[i] = (word ^ (word >>> 16)) >>> 0 || 1;
  }
  return () => {
    let t = state[3]!;
    const s = state[0]!;
    state[3] = state[2]!;
    state[2] = state[1]!;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return state[0]! / 4294967296;
  };
}
