import * as tf from '@tensorflow/tfjs-core';
import type { KernelTable } from '../kernel.js';
import { sizeOf } from '../tensors.js';
import { filled } from './creation.js';
import { gathered, padded, range, reshapedTo, sliced, transposed } from './layout.js';

type Pairs = [number, number][];

/** Where an element of an axis with mirrored margins comes from; `symmetric` repeats the element at the edge. */
export function mirroredPlaces(
  length: number,
  [before, after]: readonly [number, number],
  mode: 'reflect' | 'symmetric',
): number[] {
  const offset = mode === 'reflect' ? 0 : 1;
  return range(-before, length + after).map((place) => {
    if (place < 0) return -place - offset;
    return place >= length ? 2 * (length - 1) - place + offset : place;
  });
}

/** Blocks between batch, space and depth; mirrored margins; diagonals. */
export const REARRANGEMENT: KernelTable = {
  BatchToSpaceND: ({ backend, input, attributes }) => {
    const x = input('x');
    const { blockShape, crops } = attributes as { blockShape: number[]; crops: Pairs };
    const rank = blockShape.length;
    const shape = [...x.shape];
    const count = sizeOf(blockShape);
    const split = reshapedTo(backend, x, tf.backend_util.getReshaped(shape, blockShape, count));
    const moved = transposed(backend, split, tf.backend_util.getPermuted(split.shape.length, rank));
    const joined = reshapedTo(backend, moved, tf.backend_util.getReshapedPermuted(shape, blockShape, count));
    const begin = tf.backend_util.getSliceBeginCoords(crops, rank);
    const cropped = tf.backend_util.getSliceSize([...joined.shape], crops, rank);
    const start = joined.shape.map((_, axis) => begin[axis] ?? 0);
    const size = joined.shape.map((length, axis) => cropped[axis] ?? length);
    return backend.tensorOf(sliced(backend, joined, start, size).name, size, x.dtype);
  },
  SpaceToBatchND: ({ backend, input, attributes }) => {
    const x = input('x');
    const { blockShape, paddings } = attributes as { blockShape: number[]; paddings: Pairs };
    const count = sizeOf(blockShape);
    const margins = x.shape.map((_, axis) => paddings[axis - 1] ?? ([0, 0] as const));
    const space = padded(backend, x, margins, 0);
    const shape = [...space.shape];
    const split = reshapedTo(backend, space, tf.backend_util.getReshaped(shape, blockShape, count, false));
    const perm = tf.backend_util.getPermuted(split.shape.length, blockShape.length, false);
    const moved = transposed(backend, split, perm);
    const result = tf.backend_util.getReshapedPermuted(shape, blockShape, count, false);
    return backend.tensorOf(reshapedTo(backend, moved, result).name, result, x.dtype);
  },
  DepthToSpace: ({ backend, input, attributes }) => {
    const x = input('x');
    const { blockSize: block, dataFormat } = attributes as { blockSize: number; dataFormat: string };
    const isChannelsFirst = dataFormat === 'NCHW';
    const [batch, a, b, c] = x.shape as [number, number, number, number];
    const [height, width, depth] = isChannelsFirst ? [b, c, a] : [a, b, c];
    const rest = depth / block ** 2;
    const split = isChannelsFirst
      ? transposed(
          backend,
          reshapedTo(backend, x, [batch, block, block, rest, height, width]),
          [0, 3, 4, 1, 5, 2],
        )
      : transposed(
          backend,
          reshapedTo(backend, x, [batch, height, width, block, block, rest]),
          [0, 1, 3, 2, 4, 5],
        );
    const size = [height * block, width * block];
    const shape = isChannelsFirst ? [batch, rest, ...size] : [batch, ...size, rest];
    return backend.tensorOf(reshapedTo(backend, split, shape).name, shape, x.dtype);
  },
  MirrorPad: ({ backend, input, attributes }) => {
    const x = input('x');
    const { paddings, mode } = attributes as { paddings: Pairs; mode: 'reflect' | 'symmetric' };
    const result = paddings.reduce(
      (value, pair, axis) =>
        gathered(backend, value, axis, mirroredPlaces(x.shape[axis] as number, pair, mode)),
      x,
    );
    return backend.tensorOf(result.name, result.shape, x.dtype);
  },
  // An element where row and column are the same, 0 elsewhere.
  Diag: ({ backend, input }) => {
    const x = input('x');
    const size = sizeOf(x.shape);
    const shape = [...x.shape, ...x.shape];
    if (size === 0) return filled(backend, 0, shape, x.dtype);
    const { graph } = backend;
    const places = { name: graph.integers(range(0, size)), shape: [size], dtype: 'int32' } as const;
    const diagonal = graph.addNode('Equal', [places.name, reshapedTo(backend, places, [size, 1]).name]);
    // onnxruntime chooses between numbers only.
    const number = x.dtype === 'bool' ? 'int32' : x.dtype;
    const row = reshapedTo(backend, { ...x, name: backend.cast(x, number), dtype: number }, [size]);
    const name = graph.addNode('Where', [diagonal, row.name, graph.scalar(0, number)]);
    const square = {
      name: backend.cast({ name, shape: [size, size], dtype: number }, x.dtype),
      shape: [size, size],
      dtype: x.dtype,
    };
    return backend.tensorOf(reshapedTo(backend, square, shape).name, shape, x.dtype);
  },
  BroadcastTo: ({ backend, input, attributes }) => {
    const x = input('x');
    const shape = attributes['shape'] as number[];
    return backend.emit('Expand', [x.name, backend.graph.integers(shape)], shape, x.dtype);
  },
  // Of two shapes that are data: the longer of two lengths of which one is 1, after ones before the shorter shape.
  BroadcastArgs: ({ backend, input }) => {
    const shapes = [input('s0'), input('s1')] as const;
    const rank = Math.max(...shapes.map(({ shape }) => shape[0] ?? 0));
    if (rank === 0) return filled(backend, 0, [0], 'int32');
    const { graph } = backend;
    const [a, b] = shapes.map(
      (shape) => padded(backend, shape, [[rank - (shape.shape[0] ?? 0), 0]], 1).name,
    ) as [string, string];
    const isOne = graph.addNode('Equal', [a, graph.scalar(1, 'int32')]);
    return backend.emit('Where', [isOne, b, a], [rank], 'int32');
  },
};
