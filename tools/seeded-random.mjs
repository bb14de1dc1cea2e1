/** Draws of Mulberry32: the same numbers for a seed, on every machine. */
export function seededRandom(seed) {
  let state = seed;
  /** 0 <= value < 1. */
  function random() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return { random, whole: (from, to) => from + Math.floor(random() * (to - from + 1)) };
}
