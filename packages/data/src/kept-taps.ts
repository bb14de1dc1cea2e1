import { type Taps, tapsOf } from './resample-taps.js';

/** Of the weights that are kept; what is made of them for WebAssembly takes as much again. */
const MAX_BYTES = 2 ** 23;

const kept = new Map<string, Taps>();
let bytes = 0;

/** `tapsOf`, kept: models want one size, and regions come in a few hundred widths and heights. Those used least recently go first. */
export function keptTaps(...of: Parameters<typeof tapsOf>): Taps {
  const key = of.join();
  const known = kept.get(key);
  const taps = known ?? tapsOf(...of);
  kept.delete(key);
  kept.set(key, taps);
  if (known) return taps;
  bytes += taps.weights.byteLength;
  for (const [oldest, { weights }] of kept) {
    if (bytes <= MAX_BYTES) break;
    kept.delete(oldest);
    bytes -= weights.byteLength;
  }
  return taps;
}
