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
 */
export function rotaryAngles(positions: tf.Tensor, width: number, theta: number): RotaryAngles {
  const [batch = 0, length = 0] = positions.shape;
  const column = tf.reshape(tf.cast(positions, 'float32'), [batch, 1, length, 1]);
  const angles = tf.mul(column, tf.tensor1d(rotaryFrequencies(width, theta)));
  return { cos: tf.cos(angles), sin: tf.sin(angles) };
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
