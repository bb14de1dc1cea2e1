/** A float32 array with its shape: what a captured program takes as an input. */
export interface Float32Input {
  readonly shape: readonly number[];
  readonly dtype: 'float32';
  readonly data: Float32Array;
}

/** An int32 array with its shape: what a captured program takes as an input. */
export interface Int32Input {
  readonly shape: readonly number[];
  readonly dtype: 'int32';
  readonly data: Int32Array;
}

/**
 * A zeroed (or `fill`ed) float32 array.
 *
 * @param shape - whole numbers; the data is row by row, and `[]` is one number
 * @example
 * ```ts
 * import { float32Input } from '@fgam/data';
 * const { shape, dtype, data } = float32Input([2, 3], 0.5);
 * if (dtype !== 'float32' || shape.join() !== '2,3') throw new Error(`${dtype} ${shape.join()}`);
 * if (data.join() !== '0.5,0.5,0.5,0.5,0.5,0.5') throw new Error(data.join());
 * ```
 */
export function float32Input(shape: readonly number[], fill = 0): Float32Input {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return { shape, dtype: 'float32', data: fill === 0 ? data : data.fill(fill) };
}

/**
 * A zeroed (or `fill`ed) int32 array.
 *
 * @param shape - whole numbers; the data is row by row, and `[]` is one number
 * @example
 * ```ts
 * import { int32Input } from '@fgam/data';
 * // Token ids of two texts of three tokens, of which one is set; 7 stands for padding.
 * const ids = int32Input([2, 3], 7);
 * ids.data[1 * 3 + 0] = 42;
 * if (ids.dtype !== 'int32' || ids.data.join() !== '7,7,7,42,7,7') throw new Error(ids.data.join());
 * ```
 */
export function int32Input(shape: readonly number[], fill = 0): Int32Input {
  const data = new Int32Array(shape.reduce((a, b) => a * b, 1));
  return { shape, dtype: 'int32', data: fill === 0 ? data : data.fill(fill) };
}
