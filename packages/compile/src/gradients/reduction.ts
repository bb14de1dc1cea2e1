import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, shapedAs } from '../gradient.js';
import { axesOf, axisOf } from '../kernel.js';
import { sizeOf } from '../tensors.js';
import { addedRows } from './rows.js';

/** The shape with length 1 along some axes. */
function thinned(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

/**
 * Largest or smallest values y of x: dX = dy / n for each of the n elements that equal y (as
 * TensorFlow); tfjs gives dy to each.
 */
const extreme = (attribute: 'reductionIndices' | 'axis'): Gradient => ({
  saves: ['x'],
  outputs: [0],
  of: ({ dy, input, output, attributes }) => ({
    x: () => {
      const x = input('x');
      const axes = axesOf(attributes[attribute], x.shape);
      const thin = thinned(x.shape, axes);
      const chosen = tf.cast(tf.equal(x, shapedAs(output(0), thin)), 'float32');
      return tf.mul(chosen, tf.div(shapedAs(dy, thin), tf.sum(chosen, axes, true)));
    },
  }),
});

/** x with some axes moved to the end, in their order, and the permutation that moves them back. */
function withLast(x: tf.Tensor, axes: readonly number[]): { moved: tf.Tensor; back: number[] } {
  const all = x.shape.map((_, axis) => axis);
  const order = [...all.filter((axis) => !axes.includes(axis)), ...axes];
  const isInOrder = order.every((axis, place) => axis === place);
  return {
    moved: isInOrder ? x : tf.transpose(x, order),
    back: all.map((axis) => order.indexOf(axis)),
  };
}

/**
 * The gradient of running products y_k = prod_{j <= k} x_j along the last axis, of length n, without a
 * division, so that zeros do no harm: dX_i = P_i sum_{k >= i} dy_k R_ik with P_i = prod_{j < i} x_j and
 * R_ik = prod_{i < j <= k} x_j. Takes n² numbers a row.
 */
function runningProductGradient(x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const length = x.shape.at(-1) as number;
  const [row, column] = [tf.expandDims(tf.range(0, length), 1), tf.expandDims(tf.range(0, length), 0)];
  const wide = tf.expandDims(x, -2);
  const after = tf.where(tf.greater(column, row), wide, tf.onesLike(wide));
  const reached = tf.cast(tf.greaterEqual(column, row), 'float32');
  const products = tf.mul(tf.cumprod(after, x.rank), reached);
  const before = tf.cumprod(x, x.rank - 1, true);
  return tf.mul(before, tf.sum(tf.mul(products, tf.expandDims(dy, -2)), -1));
}

/** Values along the last axis moved one place to the front, with a 0 at the end. */
function advanced(x: tf.Tensor): tf.Tensor {
  const begin = x.shape.map((_, axis) => (axis === x.rank - 1 ? 1 : 0));
  const rest = tf.slice(x, begin);
  return tf.pad(
    rest,
    x.shape.map((_, axis): [number, number] => [0, axis === x.rank - 1 ? 1 : 0]),
  );
}

/** Sums, products and extremes over axes. */
export const REDUCTION: GradientTable = {
  // y = sum over axes of x: dX = dy along them. tfjs multiplies with ones of x's shape, which
  // would be stored in the graph.
  Sum: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const { shape, size } = input('x');
        if (size === 0) return tf.zeros(shape);
        return tf.broadcastTo(shapedAs(dy, thinned(shape, axesOf(attributes['axis'], shape))), shape);
      },
    }),
  },
  Max: extreme('reductionIndices'),
  Min: extreme('axis'),
  // y = running sum of x: dX is that of dy the other way round. tfjs transposes what has x's order already.
  Cumsum: {
    of: ({ dy, attributes }) => ({
      x: () =>
        tf.cumsum(
          dy,
          axisOf(attributes['axis'], dy.shape),
          attributes['exclusive'] as boolean,
          attributes['reverse'] !== true,
        ),
    }),
  },
  // tfjs has none.
  Cumprod: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const x = input('x');
        if (x.size === 0) return tf.zerosLike(x);
        const axis = axisOf(attributes['axis'], x.shape);
        const turned = (value: tf.Tensor) =>
          attributes['reverse'] === true ? tf.reverse(value, [value.rank - 1]) : value;
        const { moved, back } = withLast(x, [axis]);
        const slopes = turned(withLast(dy, [axis]).moved);
        const dx = turned(
          runningProductGradient(turned(moved), attributes['exclusive'] === true ? advanced(slopes) : slopes),
        );
        return moved === x ? dx : tf.transpose(dx, back);
      },
    }),
  },
  // y = prod_j x_j: dX_i = dy prod_{j < i} x_j prod_{j > i} x_j. tfjs takes axes from the front only, in
  // ascending order, and calls a method of tensors that only the whole package `@tensorflow/tfjs` has.
  Prod: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const x = input('x');
        const axes = axesOf(attributes['axis'], x.shape).sort((a, b) => a - b);
        if (axes.length === 0) return dy;
        const { moved, back } = withLast(x, axes);
        const kept = moved.shape.slice(0, x.rank - axes.length);
        const rows = shapedAs(moved, [...kept, sizeOf(moved.shape.slice(kept.length))]);
        const others = tf.mul(tf.cumprod(rows, kept.length, true), tf.cumprod(rows, kept.length, true, true));
        const dx = shapedAs(tf.mul(shapedAs(dy, [...kept, 1]), others), moved.shape);
        return moved === x ? dx : tf.transpose(dx, back);
      },
    }),
  },
  // The k largest along the last axis: their gradients go back to their places. tfjs has none.
  TopK: {
    saves: ['x'],
    outputs: [1],
    of: ({ dy, input, output }) => ({
      x: () => {
        const { shape } = input('x');
        const length = shape.at(-1) as number;
        const rows = sizeOf(shape.slice(0, -1));
        const starts = tf.mul(tf.expandDims(tf.range(0, rows, 1, 'int32'), 1), tf.scalar(length, 'int32'));
        const places = tf.add(shapedAs(output(1), [rows, output(1).shape.at(-1) as number]), starts);
        return shapedAs(addedRows(places, shapedAs(dy, [dy.size, 1]), rows * length), shape);
      },
    }),
  },
};
