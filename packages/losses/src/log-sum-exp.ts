import * as tf from '@tensorflow/tfjs-core';

/**
 * log sum exp(x) along one axis, without overflow: max + log sum exp(x - max). Its gradient is softmax(x), computed as
 * exp(x - result), which needs neither the maximum's gradient nor a second pass over the sum.
 *
 * @param x - float32 of any shape
 * @param axis - reduced; default the last
 * @returns float32, x's shape without the axis; the caller disposes (or `tf.tidy`)
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { logSumExp } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // log(1 + 3), and twice e^1000, which float32 has no number for: 1000 + log 2.
 * const sums = logSumExp(tf.tensor2d([[0, Math.log(3)], [1000, 1000]]));
 * if (sums.shape.join() !== '2') throw new Error('expected the last axis to go');
 * const [small, large] = sums.dataSync();
 * if (!(Math.abs(small! - Math.log(4)) < 1e-6)) throw new Error('expected log 4');
 * if (!(Math.abs(large! - 1000 - Math.log(2)) < 1e-4)) throw new Error('expected 1000.693');
 * ```
 */
export function logSumExp(x: tf.Tensor, axis = -1): tf.Tensor {
  const reduced = axis < 0 ? x.rank + axis : axis;
  const op = tf.customGrad((input, save) => {
    const of = input as tf.Tensor;
    const most = tf.max(of, reduced, true);
    const kept = tf.add(most, tf.log(tf.sum(tf.exp(tf.sub(of, most)), reduced, true)));
    (save as tf.GradSaveFunc)([of, kept]);
    return {
      value: tf.squeeze(kept, [reduced]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [from, result] = saved as [tf.Tensor, tf.Tensor];
        return tf.mul(tf.expandDims(dy, reduced), tf.exp(tf.sub(from, result)));
      },
    };
  });
  return op(x);
}
