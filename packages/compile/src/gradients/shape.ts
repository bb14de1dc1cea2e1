import * as tf from '@tensorflow/tfjs-core';
import { type GradientTable, shapedAs, summedTo, unmoved } from '../gradient.js';
import { mirroredPlaces } from '../kernels/rearrangement.js';
import { stridedPlan } from '../kernels/strided-plan.js';
import { sizeOf } from '../tensors.js';
import { diagonalOf } from './indexing.js';
import { addedRows } from './rows.js';

/**
 * x [..., n, ...] along one axis times a row of places [n]: what is at the same place is added up, in
 * an axis of a given length.
 */
function addedAlong(x: tf.Tensor, axis: number, places: readonly number[], length: number): tf.Tensor {
  const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  const rows = Int32Array.from({ length: outer * places.length }, (_, row) => {
    const block = Math.floor(row / places.length);
    return block * length + (places[row % places.length] as number);
  });
  const sums = addedRows(
    tf.tensor(rows, [rows.length], 'int32'),
    shapedAs(x, [rows.length, inner]),
    outer * length,
  );
  return shapedAs(
    sums,
    x.shape.map((own, at) => (at === axis ? length : own)),
  );
}

/** dy of x repeated along each axis: summed over the repeats. */
function summedRepeats(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const sums = shape.reduce((x, length, axis) => {
    const count = reps[axis] as number;
    if (count === 1) return x;
    const rest = x.shape.slice(axis + 1);
    const split = shapedAs(x, [sizeOf(x.shape.slice(0, axis)), count, length * sizeOf(rest)]);
    return shapedAs(tf.sum(split, 1), [...x.shape.slice(0, axis), length, ...rest]);
  }, dy);
  return shapedAs(sums, shape);
}

/** The places along one axis that a slice in steps takes. */
function takenPlaces(begin: number, end: number, stride: number): number[] {
  const count = Math.max(0, Math.ceil((end - begin) / stride));
  return Array.from({ length: count }, (_, at) => begin + at * stride);
}

/** Cutting, joining, repeating and rearranging. */
export const SHAPE: GradientTable = {
  // tfjs fails where there is one part.
  Unpack: {
    of: ({ dys, attributes }) => ({ value: () => tf.stack([...dys], attributes['axis'] as number) }),
  },
  SplitV: { of: ({ dys, attributes }) => ({ x: () => tf.concat([...dys], attributes['axis'] as number) }) },
  // tfjs slices each repeat, and has none of more than 4 axes: broadcastTo, which tiles, neither.
  Tile: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => summedRepeats(dy, input('x').shape, attributes['reps'] as number[]),
    }),
  },
  // tfjs's knows axes of x alone, not those that the broadcast adds.
  BroadcastTo: { saves: ['x'], of: ({ dy, input }) => ({ x: () => summedTo(dy, input('x').shape) }) },
  // dX is dy at the places taken, 0 elsewhere. tfjs has none.
  StridedSlice: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const { shape } = input('x');
        const plan = stridedPlan(shape, attributes);
        if (dy.size === 0) return unmoved(input('x'));
        return shape.reduce(
          (x, length, axis) => {
            const [begin, end, stride] = [plan.begin[axis], plan.end[axis], plan.strides[axis]];
            const places = takenPlaces(begin as number, end as number, stride as number);
            const isWhole = places.length === length && places.every((place, at) => place === at);
            return isWhole ? x : addedAlong(x, axis, places, length);
          },
          shapedAs(dy, plan.finalShapeSparse),
        );
      },
    }),
  },
  // A margin's gradient goes to the element that it mirrors. tfjs cuts the margins off.
  MirrorPad: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const { paddings, mode } = attributes as {
          paddings: [number, number][];
          mode: 'reflect' | 'symmetric';
        };
        const { shape } = input('x');
        if (sizeOf(shape) === 0) return unmoved(input('x'));
        return paddings.reduce((x, pair, axis) => {
          const length = shape[axis] as number;
          const isWhole = pair[0] === 0 && pair[1] === 0;
          return isWhole ? x : addedAlong(x, axis, mirroredPlaces(length, pair, mode), length);
        }, dy);
      },
    }),
  },
  // tfjs has none of the following.
  FlipLeftRight: { of: ({ dy }) => ({ image: () => tf.reverse(dy, [2]) }) },
  Diag: {
    saves: ['x'],
    of: ({ dy, input }) => ({
      x: () => {
        const { shape, size } = input('x');
        return size === 0 ? unmoved(input('x')) : shapedAs(diagonalOf(dy, size), shape);
      },
    }),
  },
  DepthToSpace: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const { blockSize: block, dataFormat } = attributes as { blockSize: number; dataFormat: string };
        const { shape } = input('x');
        const isChannelsFirst = dataFormat === 'NCHW';
        const [batch, a, b, c] = shape as [number, number, number, number];
        const split = isChannelsFirst
          ? tf.reshape(dy, [batch, a / block ** 2, b, block, c, block])
          : tf.reshape(dy, [batch, a, block, b, block, c / block ** 2]);
        return tf.reshape(
          tf.transpose(split, isChannelsFirst ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 2, 4, 5]),
          shape,
        );
      },
    }),
  },
};
