import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, runKernel } from '../gradient.js';

/** A gradient dX = dy f'(x), with f' as a function of the result y. */
const byResult = (slope: (y: tf.Tensor) => tf.Tensor): Gradient => ({
  saves: ['x'],
  outputs: [0],
  of: ({ dy, output }) => ({ x: () => tf.mul(dy, slope(output(0))) }),
});

/**
 * Functions whose gradient is best written in their result. tfjs's second gradients of these are wrong
 * in silence (see `output`).
 */
export const ACTIVATION: GradientTable = {
  Exp: byResult((y) => y),
  Sigmoid: byResult((y) => tf.mul(y, tf.sub(1, y))),
  Tanh: byResult((y) => tf.sub(1, tf.square(y))),
  // dX = y (dy - sum(dy y)).
  Softmax: {
    saves: ['logits'],
    outputs: [0],
    of: ({ dy, output, attributes }) => ({
      logits: () => {
        const y = output(0);
        const slopes = tf.mul(dy, y);
        return tf.sub(slopes, tf.mul(tf.sum(slopes, attributes['dim'] as number, true), y));
      },
    }),
  },
  // dX = dy - softmax(x) sum(dy).
  LogSoftmax: {
    saves: ['logits'],
    outputs: [0],
    of: ({ dy, output, attributes }) => ({
      logits: () => tf.sub(dy, tf.mul(tf.sum(dy, attributes['axis'] as number, true), tf.exp(output(0)))),
    }),
  },
  Elu: {
    saves: ['x'],
    outputs: [0],
    of: ({ dy, output }) => ({ x: () => runKernel('EluGrad', { dy, y: output(0) }) }),
  },
  // The kernel computes dx = dy where y >= 0, else dy (y + 1), from y = elu(x). tfjs has none.
  EluGrad: {
    saves: ['dy', 'y'],
    of: ({ dy: dx, input }) => {
      const [dy, y] = [input('dy'), input('y')];
      const isLinear = () => tf.greaterEqual(y, 0);
      return {
        dy: () => tf.where(isLinear(), dx, tf.mul(dx, tf.add(y, 1))),
        y: () => tf.where(isLinear(), tf.zerosLike(dx), tf.mul(dx, dy)),
      };
    },
  },
};
