import { resampleWasm } from './generated/resample-wasm.js';
import type { PixelImage } from './pixel-image.js';
import type { Taps } from './resample-taps.js';
import { instantiateWasm, reserve, type WasmMemory } from './wasm.js';

/** What `assembly/resample.ts` exports. */
interface Passes {
  readonly memory: WasmMemory;
  across(source: number, rows: number, stride: number, target: number, width: number, taps: number): void;
  down(source: number, length: number, target: number, height: number, taps: number): void;
}

/** Source bytes that lie in WebAssembly's memory at once. */
const BLOCK_BYTES = 2 ** 18;
/** Larger results than this are left to the plain passes: the memory never shrinks. */
const MAX_BYTES = 2 ** 27;
const PAGE = 2 ** 16;
const WEIGHT_LOW_BITS = 15;

let passes: Passes | undefined;
const encoded = new WeakMap<Taps, Int32Array>();

/**
 * The two passes by 128-bit vectors, the same bytes as by `resample-plainly.ts`.
 *
 * @param image - uint8 `[height, width, 3]`
 * @param across - taps along x, undefined where columns stay
 * @param down - taps along y, undefined where rows stay
 * @param rows - the rows of the source that are read
 * @returns uint8 `[height, width, 3]`; undefined where there are not three channels, or too many pixels for one memory
 */
export function resampleBySimd(
  image: PixelImage,
  across: Taps | undefined,
  down: Taps | undefined,
  [firstRow, rows]: readonly [number, number],
): Uint8Array | undefined {
  if (image.channels !== 3) return undefined;
  const width = across ? across.firsts.length : image.width;
  const height = down ? down.firsts.length : rows;
  const stride = image.width * 3;
  const length = width * 3;
  const blockRows = Math.max(1, Math.min(rows, Math.floor(BLOCK_BYTES / stride)));

  const acrossWords = across && wordsOf(across);
  const downWords = down && wordsOf(down);
  const downAt = align(acrossWords?.byteLength ?? 0);
  const blockAt = align(downAt + (downWords?.byteLength ?? 0));
  const betweenAt = align(blockAt + (across ? blockRows * stride : 0));
  // Vectors reach beyond the last row, and down reads one row more where the taps are odd.
  const resultAt = align(betweenAt + (rows + 1) * length);
  const end = resultAt + (down ? height * length : 0) + PAGE;
  if (end > MAX_BYTES) return undefined;

  passes ??= instantiateWasm<Passes>(resampleWasm);
  const { memory } = passes;
  const bytes = reserve(memory, end);
  const source = image.data.subarray(firstRow * stride, (firstRow + rows) * stride);
  if (acrossWords) {
    new Int32Array(memory.buffer).set(acrossWords);
    for (let row = 0; row < rows; row += blockRows) {
      const count = Math.min(blockRows, rows - row);
      bytes.set(source.subarray(row * stride, (row + count) * stride), blockAt);
      passes.across(blockAt, count, stride, betweenAt + row * length, width, 0);
    }
  } else bytes.set(source, betweenAt);
  if (!downWords) return bytes.slice(betweenAt, betweenAt + rows * length);
  new Int32Array(memory.buffer, downAt).set(downWords);
  passes.down(betweenAt - firstRow * length, length, resultAt, height, downAt);
  return bytes.slice(resultAt, resultAt + height * length);
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64 + 64;
}

/** Taps in the form that `assembly/resample.ts` tells. */
function wordsOf(taps: Taps): Int32Array {
  const known = encoded.get(taps);
  if (known) return known;
  const { firsts, counts, weights, most } = taps;
  const words = new Int32Array(firsts.length * 2 * (1 + Math.ceil(most / 2)));
  const mask = 2 ** WEIGHT_LOW_BITS - 1;
  let to = 0;
  for (let i = 0; i < firsts.length; i++) {
    const end = i * most + (counts[i] as number);
    const pairs = ((counts[i] as number) + 1) >> 1;
    words[to++] = firsts[i] as number;
    words[to++] = pairs * 8;
    for (let pair = 0, tap = i * most; pair < pairs; pair++, tap += 2) {
      const first = weights[tap] as number;
      const second = tap + 1 < end ? (weights[tap + 1] as number) : 0;
      words[to++] = (first & mask) | ((second & mask) << 16);
      words[to++] = ((first >> WEIGHT_LOW_BITS) & 0xffff) | ((second >> WEIGHT_LOW_BITS) << 16);
    }
  }
  const used = words.subarray(0, to);
  encoded.set(taps, used);
  return used;
}
