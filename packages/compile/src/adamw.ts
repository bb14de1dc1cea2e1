import * as tf from '@tensorflow/tfjs-core';

/** Settings of AdamW. */
export interface AdamWOptions {
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay. Default 0. */
  readonly weightDecay?: number;
  /** Largest global norm of the gradient; larger gradients are scaled down to it. Default: no clipping. */
  readonly clipNorm?: number;
  /** Whether a weight is decayed. Default: all are. */
  readonly decays?: (name: string) => boolean;
  /** Whether a weight is trained; the others stay as they are and have no moments. Default: all are. */
  readonly trainable?: (name: string) => boolean;
}

/** One weight before an update. */
export interface AdamWSlot {
  readonly weight: tf.Tensor;
  readonly firstMoment: tf.Tensor;
  readonly secondMoment: tf.Tensor;
}

/** The square root of the sum of all squared elements. */
export function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  return tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)))));
}

/** min(1, clipNorm / norm): what every gradient is multiplied with, as in torch's `clip_grad_norm_`. */
export function clipFactor(norm: tf.Scalar, clipNorm: number): tf.Scalar {
  return tf.minimum(tf.scalar(1), tf.div(tf.scalar(clipNorm), tf.add(norm, 1e-6)));
}

/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, 2019), t counted from 1:
 *
 *     m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
 *     w <- w - lr ( (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) + decay w )
 *
 * @param slot - weight and moments of one shape, float32
 * @param gradient - of that shape
 * @param learningRate - scalar
 * @param step - scalar float32, t of the equation
 * @param options - settings; `weightDecay` 0 where the weight is not decayed
 * @returns weight and moments after the update, new tensors of the same shape, float32; the caller
 * disposes (or `tf.tidy`)
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { adamW } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const start = { weight: tf.scalar(1), firstMoment: tf.scalar(0), secondMoment: tf.scalar(0) };
 * const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5 };
 * const { weight, firstMoment } = adamW(start, tf.scalar(4), tf.scalar(0.1), tf.scalar(1), settings);
 * // The first update goes by the gradient's sign, however large it is: 1 - 0.1 (4 / sqrt(16) + 0.5 * 1).
 * if (!(Math.abs(weight.dataSync()[0]! - 0.85) < 1e-4)) throw new Error('expected 0.85');
 * if (!(Math.abs(firstMoment.dataSync()[0]! - 0.4) < 1e-6)) throw new Error('expected 0.4');
 * ```
 */
export function adamW(
  slot: AdamWSlot,
  gradient: tf.Tensor,
  learningRate: tf.Tensor,
  step: tf.Tensor,
  options: {
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
  },
): AdamWSlot {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const firstMoment: tf.Tensor = tf.add(tf.mul(slot.firstMoment, beta1), tf.mul(gradient, 1 - beta1));
  const secondMoment: tf.Tensor = tf.add(
    tf.mul(slot.secondMoment, beta2),
    tf.mul(tf.square(gradient), 1 - beta2),
  );
  const first = tf.div(firstMoment, tf.sub(1, tf.pow(tf.scalar(beta1), step)));
  const second = tf.div(secondMoment, tf.sub(1, tf.pow(tf.scalar(beta2), step)));
  const direction: tf.Tensor = tf.div(first, tf.add(tf.sqrt(second), epsilon));
  const update: tf.Tensor =
    weightDecay === 0 ? direction : tf.add(direction, tf.mul(slot.weight, weightDecay));
  return { weight: tf.sub(slot.weight, tf.mul(learningRate, update)), firstMoment, secondMoment };
}
