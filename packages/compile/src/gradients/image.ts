import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, runKernel, shapedAs, unmoved } from '../gradient.js';
import { resizeShares } from '../kernels/resize-shares.js';

/**
 * x [batch, height, width, channels] times a matrix [rows, height] from the left and one
 * [columns, width] along the width.
 */
function resampled(x: tf.Tensor, down: tf.Tensor, across: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = [down.shape[0], across.shape[0]];
  const tall = tf.matMul(down, shapedAs(x, [batch, height, width * channels]));
  const wide = tf.matMul(across, shapedAs(tall, [batch * rows, width, channels]));
  return shapedAs(wide, [batch, rows, columns, channels]);
}

/**
 * The gradient of a resize Y = A X B', along height and width: dX = A' dY B, from the matrices of the shares
 * that each place of the image has in those of the result.
 *
 * tfjs's gradient kernels for JavaScript leave out `halfPixelCenters`; on its cpu backend that of the
 * bilinear resize changes height for width, and that of the nearest mixes up the images of a batch and does
 * not end where corners of a single row are aligned.
 */
function resize(kind: 'bilinear' | 'nearest'): Gradient {
  return {
    saves: ['images'],
    of: ({ dy, input, attributes }) => ({
      images: () => {
        const { shape, size } = input('images');
        if (size === 0 || dy.size === 0) return unmoved(input('images'));
        const matrix = (axis: 1 | 2) => {
          const [from, to] = [shape[axis] as number, dy.shape[axis] as number];
          return tf.transpose(tf.tensor2d(resizeShares(kind, from, to, attributes), [to, from]));
        };
        return resampled(dy, matrix(1), matrix(2));
      },
    }),
  };
}

/** The gradient of the gradient of a resize, which is linear in dy: the resize again. */
function resizeGradient(kernel: string): Gradient {
  return {
    saves: ['dy', 'images'],
    of: ({ dy: dx, input, attributes }) => ({
      dy: () => {
        const { alignCorners, halfPixelCenters } = attributes;
        const [, height, width] = input('dy').shape;
        return runKernel(kernel, { images: dx }, { alignCorners, halfPixelCenters, size: [height, width] });
      },
      images: () => unmoved(input('images')),
    }),
  };
}

/** Resized images. */
export const IMAGE: GradientTable = {
  ResizeBilinear: resize('bilinear'),
  ResizeNearestNeighbor: resize('nearest'),
  ResizeBilinearGrad: resizeGradient('ResizeBilinear'),
  ResizeNearestNeighborGrad: resizeGradient('ResizeNearestNeighbor'),
};
