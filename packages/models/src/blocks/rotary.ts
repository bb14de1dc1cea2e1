import * as tf from '@tensorflow/tfjs-core';

/** Cosines and sines of rotary positions: float32, [B, 1, T, d] for {@link rotate}. */
export interface RotaryAngles {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/**
 * Angles of rotary positions (RoFormer, in LLaMA's layout): position * theta^(-2i/d) for i < d/2, twice over.
 *
 * @param positions - [B, T] int32
 * @param width - d, the even width of a head
 * @example
 * ```ts
 * import { rotaryAngles } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // Width 4, theta 100: pairs turn by 1 and 100^(-2/4) = 0.1 a position; here positions 0 and 2.
 * const { cos, sin } = rotaryAngles(tf.tensor2d([[0, 2]], undefined, 'int32'), 4, 100);
 * const wanted = [0, 0, 0, 0, 2, 0.2, 2, 0.2];
 * const found = tf.atan2(sin, cos).dataSync();
 * if (cos.shape.join() !== '1,1,2,4') throw new Error(cos.shape.join());
 * if (wanted.some((angle, i) => Math.abs(angle - found[i]!) > 1e-5)) throw new Error(found.join());
 * ```
 */
export function rotaryAngles(positions: tf.Tensor, width: number, theta: number): RotaryAngles {
  const [batch = 0, length = 0] = positions.shape;
  const column = tf.reshape(tf.cast(positions, 'float32'), [batch, 1, length, 1]);
  const angles = tf.mul(column, tf.tensor1d(rotaryFrequencies(width, theta)));
  return { cos: tf.cos(angles), sin: tf.sin(angles) };
}

/** A pair (i, i + d / 2) of a head: the axis of positions that it turns by, and how fast. */
export interface RotaryPair {
  readonly axis: number;
  readonly frequency: number;
}

/**
 * Angles of positions along several axes: pair i turns by position[axis_i] * frequency_i.
 *
 * @param positions - [B, T, A] int32
 * @param pairs - d / 2 of them
 */
export function axialAngles(positions: tf.Tensor, pairs: readonly RotaryPair[]): RotaryAngles {
  const [batch = 0, length = 0, axes = 0] = positions.shape;
  const both = [...pairs, ...pairs];
  // Each column has one entry: the product with it picks an axis and adds nothing but zeros.
  const columns = Array.from({ length: axes }, (_, axis) =>
    both.map((pair) => (pair.axis === axis ? pair.frequency : 0)),
  );
  const rows: tf.Tensor = tf.reshape(tf.cast(positions, 'float32'), [batch * length, axes]);
  const angles = tf.reshape(tf.matMul(rows, tf.tensor2d(columns)), [batch, 1, length, both.length]);
  return { cos: tf.cos(angles), sin: tf.sin(angles) };
}

/**
 * Pairs of M-RoPE (Qwen2-VL, arXiv:2409.12191): the frequencies of {@link rotaryAngles}, cut into sections
 * that turn by one axis each.
 */
export function sectionPairs(sections: readonly number[], width: number, theta: number): RotaryPair[] {
  const axes = sections.flatMap((count, axis) => Array.from({ length: count }, () => axis));
  const frequencies = rotaryFrequencies(width, theta);
  return axes.map((axis, i) => ({ axis, frequency: frequencies[i] ?? 0 }));
}

/**
 * Pairs of a vision tower's rotary positions: half of them by row, half by column, each with
 * theta^(-2i/(d/2)) for i < d/4.
 */
export function gridPairs(width: number, theta: number): RotaryPair[] {
  const frequencies = rotaryFrequencies(width / 2, theta).slice(0, width / 4);
  return [0, 1].flatMap((axis) => frequencies.map((frequency) => ({ axis, frequency })));
}

/**
 * Angles of the positions 0 .. P - 1, of pairs (i, i + d / 2) once.
 *
 * @returns [P, d / 2] float32
 */
export function rotaryTable(positions: number, width: number, theta: number): RotaryAngles {
  const column = tf.reshape(tf.range(0, positions), [positions, 1]);
  const angles = tf.mul(column, tf.tensor1d(rotaryFrequencies(width, theta).slice(0, width / 2)));
  return { cos: tf.cos(angles), sin: tf.sin(angles) };
}

/** theta^(-2i/d) for i < d/2, twice over. */
function rotaryFrequencies(width: number, theta: number): number[] {
  return Array.from({ length: width }, (_, i) => theta ** (-(2 * (i % (width / 2))) / width));
}

/**
 * Rotates heads by their positions: x cos + rotateHalf(x) sin, where rotateHalf(a, b) = (-b, a).
 *
 * rotateHalf is a product with a constant d x d matrix: cheaper, forward and backward, than cutting and joining halves.
 *
 * @param x - [B, H, T, d] float32
 * @returns [B, H, T, d] float32
 * @example
 * ```ts
 * import { rotate } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // A quarter turn of the pairs (1, 3) and (2, 4): (a, b) becomes (-b, a).
 * const quarter = { cos: tf.zeros([1, 1, 1, 4]), sin: tf.ones([1, 1, 1, 4]) };
 * const turned = rotate(tf.tensor4d([[[[1, 2, 3, 4]]]]), quarter).dataSync();
 * if (turned.join() !== '-3,-4,1,2') throw new Error(turned.join());
 * ```
 */
export function rotate(x: tf.Tensor, { cos, sin }: RotaryAngles): tf.Tensor {
  const width = x.shape.at(-1) ?? 0;
  const turned = tf.reshape(tf.matMul(tf.reshape(x, [-1, width]), halfTurn(width)), x.shape);
  return tf.add(tf.mul(x, cos), tf.mul(turned, sin));
}

function halfTurn(width: number): tf.Tensor2D {
  const half = width / 2;
  const matrix = new Float32Array(width * width);
  for (let i = 0; i < half; i++) {
    matrix[(i + half) * width + i] = -1;
    matrix[i * width + i + half] = 1;
  }
  return tf.tensor2d(matrix, [width, width]);
}
