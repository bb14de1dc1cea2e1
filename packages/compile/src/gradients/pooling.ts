import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, runKernel, unmoved } from '../gradient.js';
import { plane, volume, type WindowsOf } from '../kernels/pool-windows.js';
import { coveredCounts } from '../kernels/windows.js';
import { sizeOf } from '../tensors.js';
import { chosen, elementsOf, type Frame, frameOf, framed, isBest, unframed } from './window-elements.js';

/** Attributes of a pooling over places that the windows fill without margins. */
function inside({ windows }: Frame) {
  return { filterSize: [...windows.size], strides: [...windows.strides], pad: 'valid' };
}

/**
 * The gradient of y_w = mean of x over the places of window w that are not margin: each of them gets dy_w / count_w.
 *
 * tfjs's gradient kernel divides by the whole window on its backends for JavaScript and by the count on
 * TensorFlow; here it runs over an image with its margins written out, for which both are the same.
 */
function mean(windowsOf: WindowsOf, kernel: string): Gradient {
  return {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const x = input('x');
        if (x.size === 0 || dy.size === 0) return unmoved(x);
        const frame = frameOf(windowsOf(x.shape, attributes));
        const counts = coveredCounts(frame.windows);
        const whole = sizeOf(frame.windows.size);
        const factors = counts.map((count) => (count === 0 ? 0 : whole / count));
        const scaled = factors.every((factor) => factor === 1)
          ? dy
          : tf.mul(dy, tf.tensor(factors, [1, ...frame.windows.outputSize, 1]));
        const shape = [x.shape[0], ...frame.lengths, x.shape.at(-1) as number];
        // Of the second input the kernel uses the shape.
        const image = tf.util.arraysEqual(shape, x.shape) ? x : tf.zeros(shape);
        return unframed(runKernel(kernel, { dy: scaled, input: image }, inside(frame)), frame, x.shape);
      },
    }),
  };
}

/** The gradient of the gradient of a mean, which is linear in dy: the mean again. */
function meanGradient(kernel: string): Gradient {
  return {
    saves: ['input'],
    of: ({ dy: dx, input, attributes }) => ({
      dy: () => runKernel(kernel, { x: dx }, attributes),
      input: () => unmoved(input('input')),
    }),
  };
}

/** y_w = largest x of window w: its place gets dy_w. tfjs leaves out how sizes are rounded. */
function largest(kernel: string): Gradient {
  return {
    saves: ['x'],
    outputs: [0],
    of: ({ dy, input, output, attributes }) => ({
      x: () => runKernel(kernel, { dy, input: input('x'), output: output(0) }, attributes),
    }),
  };
}

/** The gradient of the gradient of a maximum, which is linear in dy: dx at the place of each window's largest x. */
function largestGradient(windowsOf: WindowsOf): Gradient {
  return {
    saves: ['dy', 'input', 'output'],
    of: ({ dy: dx, input, attributes }) => ({
      dy: () => {
        const [dy, x] = [input('dy'), input('input')];
        if (dy.size === 0 || x.size === 0) return unmoved(dy);
        const frame = frameOf(windowsOf(x.shape, attributes));
        const best = isBest(elementsOf(framed(x, frame, Number.NEGATIVE_INFINITY), frame));
        const slopes = elementsOf(framed(dx, frame, 0), frame);
        return chosen(best, slopes, dy.shape);
      },
      input: () => unmoved(input('input')),
      output: () => unmoved(input('output')),
    }),
  };
}

/** Largest and mean values of windows of images and volumes. */
export const POOLING: GradientTable = {
  AvgPool: mean(plane, 'AvgPoolGrad'),
  AvgPool3D: mean(volume, 'AvgPool3DGrad'),
  AvgPoolGrad: meanGradient('AvgPool'),
  AvgPool3DGrad: meanGradient('AvgPool3D'),
  MaxPool: largest('MaxPoolGrad'),
  MaxPool3D: largest('MaxPool3DGrad'),
  MaxPoolGrad: largestGradient(plane),
  MaxPool3DGrad: largestGradient(volume),
};
