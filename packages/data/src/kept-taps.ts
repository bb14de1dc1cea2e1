import { type Taps, tapsOf } from './resample-taps.js';

/** Of the weights that are kept; what is made of them for WebAssembly takes as much again. */
const MAX_BYTES = 2 ** 23;

const kept = new Map<string, Taps>();
let bytes = 0;

/** `tapsOf`, kept: models want one size, and regions come in a few hundred widths and heights. The oldest go first. */
export function keptTaps(...of: Parameters<typeof tapsOf>): Taps {
  const [filter, size, [from, to], side] = of;
  const key = `${filter} ${size} ${from} ${to} ${side}`;
  const known = kept.get(key);
  if (known) return known;
  const taps = tapsOf(...of);
  kept.set(key, taps);
  bytes += taps.weights.byteLength;
  for (const [oldest, { weights }] of kept) {
    if (bytes <= MAX_BYTES) break;
    kept.delete(oldest);
    bytes -= weights.byteLength;
  }
  return taps;
}
