import { FgamError } from './error.js';
import type { HostTensor } from './tensors.js';

/** A matrix [out, in] in 8 bits: w = s (code - 128), one scale s for each block of numbers of a row. */
export interface QuantizedMatrix {
  readonly shape: readonly [out: number, input: number];
  /** Numbers that share a scale: 16, 32, 64, 128 or 256. */
  readonly block: number;
  /** [out, ceil(in / block), block]; 128 stands for 0, also behind a row's end. */
  readonly codes: Uint8Array;
  /** [out, ceil(in / block)]. */
  readonly scales: Float32Array;
}

/** Memory of a matrix's codes and scales. */
export type QuantizedMemory = Pick<QuantizedMatrix, 'codes' | 'scales'>;

/** Numbers that share a scale where nothing else is said: figures in docs/log.md, "Weights in 8 bits". */
export const QUANTIZED_BLOCK = 128;

/** What onnxruntime multiplies by. */
const BLOCKS: readonly number[] = [16, 32, 64, 128, 256];
/** The code of 0. */
const ZERO = 128;
/** The largest code's distance from that of 0. */
const LARGEST = 127;
/** The smallest float32 above 0, and the step between those that are not normal. */
const SMALLEST = 2 ** -149;

/**
 * Memory for the codes and scales of matrices of the same input width. Those made in it one after the other
 * are one in a graph that multiplies by them side by side.
 *
 * @param rows - of each matrix, in order
 * @param input - numbers of a row
 * @param block - numbers that share a scale, default 128; must be that of the matrices
 * @returns a part for each row count: codes [rows, ceil(input / block), block] and scales
 * [rows, ceil(input / block)], all zeros
 * @example
 * ```ts
 * import { quantizedMemory, quantizeMatrix } from '@fgam/compile';
 *
 * // Rows of 20 numbers are two blocks of 16: 64 codes and 4 scales of two rows, half of that of one.
 * const [first, second] = quantizedMemory([2, 1], 20, 16);
 * if (first?.codes.length !== 64 || first.scales.length !== 4) throw new Error('expected two blocks a row');
 * if (second?.codes.byteOffset !== 64) throw new Error('expected the next codes right behind');
 * const ones = { shape: [1, 20], dtype: 'float32', data: new Float32Array(20).fill(1) } as const;
 * const { codes } = quantizeMatrix(ones, { block: 16, memory: second });
 * // 1 is the largest number: 128 + 127. Twelve of the second block's places are behind the row's end.
 * if (codes[19] !== 255 || codes[20] !== 128) throw new Error(codes.join());
 * ```
 */
export function quantizedMemory(
  rows: readonly number[],
  input: number,
  block = QUANTIZED_BLOCK,
): QuantizedMemory[] {
  const blocks = Math.ceil(input / block);
  const all = rows.reduce((sum, count) => sum + count, 0) * blocks;
  const [codes, scales] = [new Uint8Array(all * block), new Float32Array(all)];
  let at = 0;
  return rows.map((count) => {
    const [begin, end] = [at, at + count * blocks];
    at = end;
    return { codes: codes.subarray(begin * block, end * block), scales: scales.subarray(begin, end) };
  });
}

/**
 * A matrix in 8 bits, symmetric by blocks of a row: s = max |w| / 127, code = 128 + round(w / s). No number
 * moves by more than s / 2.
 *
 * @param matrix - [out, in] float32
 * @param options - `block`: numbers that share a scale, 16 to 256, default 128; `memory`: what the result is
 * written into, default: new; `name`: for errors
 * @throws FgamError `compile/bad-weights` for a tensor of another kind, NaN or infinities
 * @example
 * ```ts
 * import { dequantized, quantizeMatrix } from '@fgam/compile';
 *
 * const matrix = quantizeMatrix({ shape: [1, 3], dtype: 'float32', data: Float32Array.of(-127, 0.4, 64) });
 * if (dequantized(matrix).data.join() !== '-127,0,64') throw new Error('expected whole numbers');
 * ```
 */
export function quantizeMatrix(
  matrix: HostTensor,
  options: { readonly block?: number; readonly memory?: QuantizedMemory; readonly name?: string } = {},
): QuantizedMatrix {
  const { shape, dtype, data } = matrix;
  const [out = 0, input = 0] = shape;
  const { block = QUANTIZED_BLOCK, name = 'matrix' } = options;
  if (dtype !== 'float32' || shape.length !== 2 || data.length !== out * input)
    throw new FgamError(
      'compile/bad-weights',
      `quantizeMatrix(${name}): expected a float32 matrix, got ${dtype} [${shape.join(', ')}] with ${data.length} elements`,
    );
  if (!BLOCKS.includes(block))
    throw new FgamError(
      'compile/bad-weights',
      `quantizeMatrix(${name}): expected a block of ${BLOCKS.join(', ')} numbers, got ${block}`,
    );
  const [fresh] = options.memory === undefined ? quantizedMemory([out], input, block) : [options.memory];
  const { codes, scales } = fresh as QuantizedMemory;
  const blocks = Math.ceil(input / block);
  if (codes.length !== out * blocks * block || scales.length !== out * blocks)
    throw new FgamError(
      'compile/bad-weights',
      `quantizeMatrix(${name}): expected memory for ${out * blocks} blocks of ${block}, got ${codes.length} codes and ${scales.length} scales`,
    );
  codes.fill(ZERO);
  for (let row = 0; row < out; row++) {
    for (let b = 0; b < blocks; b++) {
      const begin = row * input + b * block;
      const end = Math.min(begin + block, (row + 1) * input);
      const at = (row * blocks + b) * block - begin;
      scales[row * blocks + b] = quantizeBlock(data, begin, end, codes, at);
    }
  }
  if (!scales.every(Number.isFinite))
    throw new FgamError(
      'compile/bad-weights',
      `quantizeMatrix(${name}): expected numbers, got NaN or infinities`,
    );
  return { shape: [out, input], block, codes, scales };
}

/**
 * Writes the codes of numbers `begin` .. `end` - 1, each `shift` further; returns their scale, which is not
 * finite where one of them is not.
 */
function quantizeBlock(
  data: Float32Array,
  begin: number,
  end: number,
  codes: Uint8Array,
  shift: number,
): number {
  let most = 0;
  for (let i = begin; i < end; i++) most = Math.max(most, Math.abs(data[i] as number));
  const nearest = Math.fround(most / LARGEST);
  // Below the normal numbers a scale may be rounded down by half: the largest code would overflow.
  const scale = most > 0 && most >= (LARGEST + 0.5) * nearest ? nearest + SMALLEST : nearest;
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  for (let i = begin; i < end; i++) codes[i + shift] = ZERO + Math.round((data[i] as number) / scale);
  return scale;
}

/**
 * The float32 matrix that a matrix in 8 bits stands for: w = s (code - 128), s the scale of the number's
 * block.
 *
 * @returns [out, in] float32, without what is behind the rows' ends
 * @example
 * ```ts
 * import { dequantized } from '@fgam/compile';
 *
 * // Two rows of one block each; 128 stands for 0, also behind the row's end.
 * const codes = new Uint8Array(2 * 16).fill(128);
 * codes.set([255, 126], 0);
 * codes.set([128, 132], 16);
 * const { shape, data } = dequantized({ shape: [2, 2], block: 16, codes, scales: Float32Array.of(0.5, 3) });
 * // 0.5 (255 - 128), 0.5 (126 - 128); 0, 3 (132 - 128)
 * if (shape.join() !== '2,2' || data.join() !== '63.5,-1,0,12') throw new Error(data.join());
 * ```
 */
export function dequantized({
  shape: [out, input],
  block,
  codes,
  scales,
}: QuantizedMatrix): HostTensor & { readonly dtype: 'float32' } {
  const blocks = Math.ceil(input / block);
  const data = new Float32Array(out * input);
  for (let row = 0; row < out; row++) {
    for (let i = 0; i < input; i++) {
      const scale = scales[row * blocks + Math.floor(i / block)] as number;
      data[row * input + i] = scale * ((codes[row * blocks * block + i] as number) - ZERO);
    }
  }
  return { shape: [out, input], dtype: 'float32', data };
}

/**
 * Several matrices as the one whose rows are theirs in order, where they lie one after the other
 * in memory; else undefined.
 */
export function joinedMatrix(parts: readonly QuantizedMatrix[]): QuantizedMatrix | undefined {
  const [first, ...rest] = parts;
  if (first === undefined) return undefined;
  let last = first;
  for (const next of rest) {
    const isSame = next.shape[1] === first.shape[1] && next.block === first.block;
    if (!isSame || !follows(last.codes, next.codes) || !follows(last.scales, next.scales)) return undefined;
    last = next;
  }
  const sum = (lengthOf: (part: QuantizedMatrix) => number) =>
    parts.reduce((all, part) => all + lengthOf(part), 0);
  const { codes, scales } = first;
  return {
    ...first,
    shape: [sum(({ shape }) => shape[0]), first.shape[1]],
    codes: new Uint8Array(
      codes.buffer,
      codes.byteOffset,
      sum((part) => part.codes.length),
    ),
    scales: new Float32Array(
      scales.buffer,
      scales.byteOffset,
      sum((part) => part.scales.length),
    ),
  };
}

function follows(last: Uint8Array | Float32Array, next: Uint8Array | Float32Array): boolean {
  return last.buffer === next.buffer && last.byteOffset + last.byteLength === next.byteOffset;
}
