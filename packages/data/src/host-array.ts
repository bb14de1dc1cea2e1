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

/** A zeroed (or `fill`ed) float32 array. */
export function float32Input(shape: readonly number[], fill = 0): Float32Input {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return { shape, dtype: 'float32', data: fill === 0 ? data : data.fill(fill) };
}

/** A zeroed (or `fill`ed) int32 array. */
export function int32Input(shape: readonly number[], fill = 0): Int32Input {
  const data = new Int32Array(shape.reduce((a, b) => a * b, 1));
  return { shape, dtype: 'int32', data: fill === 0 ? data : data.fill(fill) };
}
