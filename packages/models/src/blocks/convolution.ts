import * as tf from '@tensorflow/tfjs-core';

/**
 * A convolution as one matrix product: patches are laid out in rows by reshapes and slices (im2col).
 *
 * Padding is zeros, kernel - stride in all, the larger half first: the output side is the input side / stride, as with
 * torch's `padding = (kernel - stride + 1) / 2`. A kernel that equals its stride needs no copy but the transposition.
 *
 * @param x - [B, H, W, C] float32; H and W are multiples of the stride
 * @param weight - [out, C, kernel, kernel] float32, torch's layout
 * @param stride - at most the kernel
 * @returns [B, H / stride, W / stride, out] float32
 * @example
 * ```ts
 * import { convolution } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // Two patches of 2 x 2 pixels side by side; a kernel of ones sums each.
 * const image = tf.tensor([1, 2, 10, 20, 3, 4, 30, 40], [1, 2, 4, 1]);
 * const sums = convolution(image, tf.ones([1, 1, 2, 2]), 2);
 * if (sums.shape.join() !== '1,1,2,1') throw new Error(sums.shape.join());
 * if (sums.dataSync().join() !== '10,100') throw new Error(sums.dataSync().join());
 * ```
 */
export function convolution(x: tf.Tensor, weight: tf.Tensor, stride: number): tf.Tensor {
  const [batch, height, width] = x.shape as [number, number, number];
  const [out, , kernel] = weight.shape as [number, number, number];
  const [rows, columns] = [height / stride, width / stride];
  const wholeBlocks = kernel % stride === 0;
  const patches = wholeBlocks ? blockPatches(x, kernel, stride) : tapPatches(x, kernel, stride);
  const matrix = wholeBlocks
    ? blockMatrix(weight, stride)
    : tf.reshape(tf.transpose(weight, [2, 3, 1, 0]), [-1, out]);
  return tf.reshape(tf.matMul(patches, matrix), [batch, rows, columns, out]);
}

/** Patches of whole stride x stride blocks: [B * rows * columns, blocks^2 * stride^2 * C]. */
function blockPatches(x: tf.Tensor, kernel: number, stride: number): tf.Tensor {
  const channels = x.shape[3] ?? 0;
  const blocks = kernel / stride;
  const size = stride * stride * channels;
  const padded = blocks === 1 ? x : pad(x, kernel - stride, kernel - stride);
  const [batch, height, width] = padded.shape as [number, number, number];
  const [rows, columns] = [height / stride, width / stride];
  const cut = tf.reshape(padded, [batch * rows, stride, columns, stride * channels]);
  const grid = tf.transpose(cut, [0, 2, 1, 3]);
  if (blocks === 1) return tf.reshape(grid, [-1, size]);
  const cells = tf.reshape(grid, [batch, rows, columns, size]);
  const [down, across] = [rows - blocks + 1, columns - blocks + 1];
  const taps = range(blocks).flatMap((dy) =>
    range(blocks).map((dx) => tf.slice(cells, [0, dy, dx, 0], [batch, down, across, size])),
  );
  return tf.reshape(tf.concat(taps, 3), [-1, blocks * blocks * size]);
}

/** The weight with its inputs in the order of {@link blockPatches}: block row, block column, row, column, channel. */
function blockMatrix(weight: tf.Tensor, stride: number): tf.Tensor {
  const [out, channels, kernel] = weight.shape as [number, number, number];
  const blocks = kernel / stride;
  if (blocks === 1) return tf.reshape(tf.transpose(weight, [2, 3, 1, 0]), [-1, out]);
  const cut = tf.reshape(weight, [out, channels, blocks, stride, blocks, stride]);
  return tf.reshape(tf.transpose(cut, [2, 4, 3, 5, 1, 0]), [-1, out]);
}

/** Patches tap by tap, for kernels that are no multiple of the stride: [B * rows * columns, kernel^2 * C]. */
function tapPatches(x: tf.Tensor, kernel: number, stride: number): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = [height / stride, width / stride];
  // Rounded up to whole strides, so that a strided slice is a plain slice of a reshaped tensor.
  const total = Math.ceil((kernel - stride) / stride) * stride;
  const padded = pad(x, kernel - stride, total);
  const [, tall, wide] = padded.shape as [number, number, number];
  const cells = tf.reshape(padded, [batch, tall / stride, stride, wide / stride, stride * channels]);
  const taps = range(kernel).flatMap((dy) =>
    range(kernel).map((dx) => {
      const start = [
        0,
        Math.floor(dy / stride),
        dy % stride,
        Math.floor(dx / stride),
        (dx % stride) * channels,
      ];
      return tf.reshape(tf.slice(cells, start, [batch, rows, 1, columns, channels]), [-1, channels]);
    }),
  );
  return tf.concat(taps, 1);
}

/** Zeros around the image: the larger half of `needed` first, `total` in all. */
function pad(x: tf.Tensor, needed: number, total: number): tf.Tensor {
  if (total === 0) return x;
  const before = Math.ceil(needed / 2);
  const side: [number, number] = [before, total - before];
  return tf.pad(x, [[0, 0], side, side, [0, 0]]);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
