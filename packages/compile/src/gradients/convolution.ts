import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, runKernel, shapedAs } from '../gradient.js';
import type { KernelAttributes } from '../kernel.js';
import { sizeOf } from '../tensors.js';

/** The three kernels of a family: y = conv(x, w), and its transposes by the image and by the filter. */
interface Family {
  readonly forward: string;
  readonly byImage: string;
  readonly byFilter: string;
  /** Axes of the filter that slide; they come first. */
  readonly rank: 2 | 3;
}

/** One number an axis. */
function dilationsOf({ dilations }: KernelAttributes, rank: number): number[] {
  const given = (dilations ?? 1) as number | number[];
  return typeof given === 'number' ? Array<number>(rank).fill(given) : [...given];
}

/** x with its axis, seen as [outer, length, inner], changed by a function of that. */
function along(x: tf.Tensor, axis: number, change: (x: tf.Tensor3D) => tf.Tensor): tf.Tensor {
  const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  const changed = change(tf.reshape(x, [outer, x.shape[axis] as number, inner]));
  return tf.reshape(
    changed,
    x.shape.map((length, at) => (at === axis ? changed.size / (outer * inner) : length)),
  );
}

/** A filter with the zeros of its dilation written out. */
function withZeros(filter: tf.Tensor, dilations: readonly number[]): tf.Tensor {
  return dilations.reduce((all, dilation, axis) => {
    if (dilation === 1) return all;
    return along(all, axis, (x) => {
      const [outer, length, inner] = x.shape;
      const apart = tf.pad(tf.reshape(x, [outer, length, 1, inner]), [
        [0, 0],
        [0, 0],
        [0, dilation - 1],
        [0, 0],
      ]);
      const joined = tf.reshape(apart, [outer, length * dilation, inner]);
      return tf.slice(joined, [0, 0, 0], [outer, (length - 1) * dilation + 1, inner]);
    });
  }, filter);
}

/** The elements of a written-out filter that are not the zeros of its dilation: the gradient of `withZeros`. */
function withoutZeros(filter: tf.Tensor, dilations: readonly number[]): tf.Tensor {
  return dilations.reduce((all, dilation, axis) => {
    if (dilation === 1) return all;
    return along(all, axis, (x) => {
      const [outer, width, inner] = x.shape;
      const length = (width - 1) / dilation + 1;
      const whole = tf.pad(x, [
        [0, 0],
        [0, dilation - 1],
        [0, 0],
      ]);
      const apart = tf.reshape(whole, [outer, length, dilation, inner]);
      return tf.slice(apart, [0, 0, 0, 0], [outer, length, 1, inner]);
    });
  }, filter);
}

/** The shape of a filter with the zeros of its dilation written out. */
function widened(shape: readonly number[], dilations: readonly number[]): number[] {
  return shape.map((length, axis) => (length - 1) * (dilations[axis] ?? 1) + 1);
}

/**
 * Gradients of a convolution and of both its transposes: y = conv(x, w) is linear in x and in w, and so are
 * they, so that each is the gradient of another. A dilated filter is written out with its zeros; tfjs has no
 * gradient of one, and none of all transposes, and leaves out how sizes are rounded.
 */
function family({ forward, byImage, byFilter, rank }: Family): GradientTable {
  const dense = (attributes: KernelAttributes) => {
    const { strides, pad, dataFormat, dimRoundingMode } = attributes;
    return {
      strides,
      pad,
      dilations: Array<number>(rank).fill(1),
      ...(dataFormat === undefined ? {} : { dataFormat }),
      ...(dimRoundingMode === undefined ? {} : { dimRoundingMode }),
    };
  };
  const convolved = (x: tf.Tensor, filter: tf.Tensor, attributes: KernelAttributes) =>
    runKernel(forward, { x, filter }, dense(attributes));
  const imageOf = (
    inputShape: readonly number[],
    dy: tf.Tensor,
    filter: tf.Tensor,
    attributes: KernelAttributes,
  ) => runKernel(byImage, { dy, filter }, { ...dense(attributes), inputShape: [...inputShape] });
  const filterOf = (
    x: tf.Tensor,
    dy: tf.Tensor,
    filterShape: readonly number[],
    attributes: KernelAttributes,
  ) => runKernel(byFilter, { x, dy }, { ...dense(attributes), filterShape: [...filterShape] });
  const convolution: Gradient = {
    saves: ['x', 'filter'],
    of: ({ dy, input, attributes }) => {
      const [x, filter] = [input('x'), input('filter')];
      const dilations = dilationsOf(attributes, rank);
      return {
        x: () => imageOf(x.shape, dy, withZeros(filter, dilations), attributes),
        filter: () =>
          shapedAs(
            withoutZeros(filterOf(x, dy, widened(filter.shape, dilations), attributes), dilations),
            filter.shape,
          ),
      };
    },
  };
  return {
    [forward]: convolution,
    [byImage]: {
      saves: ['dy', 'filter'],
      of: ({ dy: dx, input, attributes }) => ({
        dy: () => convolved(dx, input('filter'), attributes),
        filter: () => filterOf(dx, input('dy'), input('filter').shape, attributes),
      }),
    },
    [byFilter]: {
      saves: ['x', 'dy'],
      of: ({ dy: dw, input, attributes }) => ({
        x: () => imageOf(input('x').shape, input('dy'), dw, attributes),
        dy: () => convolved(input('x'), dw, attributes),
      }),
    },
  };
}

/** Convolutions of images and volumes. */
export const CONVOLUTION: GradientTable = {
  ...family({
    forward: 'Conv2D',
    byImage: 'Conv2DBackpropInput',
    byFilter: 'Conv2DBackpropFilter',
    rank: 2,
  }),
  ...family({
    forward: 'Conv3D',
    byImage: 'Conv3DBackpropInputV2',
    byFilter: 'Conv3DBackpropFilterV2',
    rank: 3,
  }),
  ...family({
    forward: 'DepthwiseConv2dNative',
    byImage: 'DepthwiseConv2dNativeBackpropInput',
    byFilter: 'DepthwiseConv2dNativeBackpropFilter',
    rank: 2,
  }),
};
