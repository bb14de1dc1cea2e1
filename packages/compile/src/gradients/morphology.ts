import * as tf from '@tensorflow/tfjs-core';
import { type GradientCall, type GradientTable, shapedAs, unmoved } from '../gradient.js';
import { dilationWindows } from '../kernels/morphology.js';
import { sizeOf } from '../tensors.js';
import { elementsOf, frameOf, framed, isBest } from './window-elements.js';

/** The windows of a dilation, and which of their elements is the largest sum of image and filter. */
function choice({ input, attributes }: GradientCall) {
  const [x, filter] = [input('x'), input('filter')];
  const frame = frameOf(dilationWindows(x.shape, filter.shape, attributes));
  // The filter's elements beside the channels: [channels, elements].
  const beside = (values: tf.Tensor) =>
    tf.transpose(tf.reshape(values, [sizeOf(frame.size), values.shape[2] as number]));
  const sums = tf.add(elementsOf(framed(x, frame, Number.MIN_SAFE_INTEGER), frame), beside(filter));
  return { frame, beside, best: isBest(sums) };
}

/** What is left of values at each window's largest element. */
function chosen(best: tf.Tensor, values: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const all = tf.mul(values, tf.ones(best.shape));
  return shapedAs(tf.sum(tf.where(best, all, tf.zerosLike(all)), -1), shape);
}

const choices = ({ input }: GradientCall) => ({
  x: () => unmoved(input('x')),
  filter: () => unmoved(input('filter')),
});

/**
 * Second gradients of y_w = max_k (x_{w + k} + f_k), which tfjs lacks. Its gradients by image and filter are linear in dy: what belongs
 * to each window is the slope at its largest element; choices do not move with x and f.
 */
export const MORPHOLOGY: GradientTable = {
  Dilation2DBackpropInput: {
    saves: ['x', 'filter', 'dy'],
    of: (call) => ({
      ...choices(call),
      dy: () => {
        const { frame, best } = choice(call);
        return chosen(best, elementsOf(framed(call.dy, frame, 0), frame), call.input('dy').shape);
      },
    }),
  },
  Dilation2DBackpropFilter: {
    saves: ['x', 'filter', 'dy'],
    of: (call) => ({
      ...choices(call),
      dy: () => {
        const { beside, best } = choice(call);
        return chosen(best, beside(call.dy), call.input('dy').shape);
      },
    }),
  },
};
