import * as tf from '@tensorflow/tfjs-core';
import { type GradientCall, type GradientTable, unmoved } from '../gradient.js';
import { dilationWindows } from '../kernels/morphology.js';
import { sizeOf } from '../tensors.js';
import { chosen, elementsOf, frameOf, framed, isBest } from './window-elements.js';

/** The windows of a dilation, and which of their elements is the largest sum of image and filter. */
function choice({ input, attributes }: GradientCall) {
  const [x, filter] = [input('x'), input('filter')];
  const frame = frameOf(dilationWindows(x.shape, filter.shape, attributes));
  // The filter's elements beside the channels: [channels, elements].
  const beside = (values: tf.Tensor) =>
    tf.transpose(tf.reshape(values, [sizeOf(frame.windows.size), values.shape[2] as number]));
  const sums = tf.add(elementsOf(framed(x, frame, Number.MIN_SAFE_INTEGER), frame), beside(filter));
  return { frame, beside, best: isBest(sums) };
}

const choices = ({ input }: GradientCall) => ({
  x: () => unmoved(input('x')),
  filter: () => unmoved(input('filter')),
});

/**
 * Second gradients of y_w = max_k (x_{w + k} + f_k), which tfjs lacks. Its gradients by image and
 * filter are linear in dy: what belongs to each window is the slope at its largest element; choices
 * do not move with x and f.
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
        const everywhere = tf.mul(beside(call.dy), tf.ones(best.shape));
        return chosen(best, everywhere, call.input('dy').shape);
      },
    }),
  },
};
