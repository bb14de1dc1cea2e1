import * as tf from '@tensorflow/tfjs-core';
import { shapedAs } from '../gradient.js';
import type { Windows } from '../kernels/windows.js';
import { sizeOf } from '../tensors.js';

/**
 * Windows over an image whose margins are written out: the first window begins at the first place,
 * the last ends at the last.
 */
export interface Frame {
  readonly windows: Windows;
  /** Lengths of the image with its margins. */
  readonly lengths: readonly number[];
  /** Places to add before and after each axis of the image; negative ones are cut off. */
  readonly margins: readonly (readonly [number, number])[];
}

/**
 * The frame of windows: what the windows cover, which is what is left of the image and what they
 * reach before and after it.
 */
export function frameOf(windows: Windows): Frame {
  const { inputSize, cut, before, after } = windows;
  const lengths = inputSize.map(
    (length, axis) => length + (before[axis] as number) + (after[axis] as number),
  );
  const margins = cut.map(
    ([front, back], axis) => [(before[axis] as number) - front, (after[axis] as number) - back] as const,
  );
  return { windows, lengths, margins };
}

/** x [batch, ...places, channels] with places added or cut off around it. */
function moved(x: tf.Tensor, margins: readonly (readonly [number, number])[], fill: number): tf.Tensor {
  const all = [[0, 0], ...margins, [0, 0]] as const;
  const begin = all.map(([before]) => Math.max(0, -before));
  const size = x.shape.map((length, axis) => {
    const after = (all[axis] as readonly [number, number])[1];
    return length - (begin[axis] as number) - Math.max(0, -after);
  });
  const part = all.some(([before, after]) => before < 0 || after < 0) ? tf.slice(x, begin, size) : x;
  if (all.every(([before, after]) => before <= 0 && after <= 0)) return part;
  return tf.pad(
    part,
    all.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]),
    fill,
  );
}

/** An image [batch, ...places, channels] in its frame. */
export function framed(x: tf.Tensor, { margins }: Frame, fill: number): tf.Tensor {
  return moved(x, margins, fill);
}

/** The image of a shape out of its frame, zeros in places that no window covers: the gradient of `framed`. */
export function unframed(x: tf.Tensor, { margins }: Frame, shape: readonly number[]): tf.Tensor {
  const image = moved(
    x,
    margins.map(([before, after]) => [-before, -after] as const),
    0,
  );
  return tf.reshape(image, [...shape]);
}

/** The elements of each window of a framed image, last: [batch, ...places, channels, elements]. */
export function elementsOf(x: tf.Tensor, { windows }: Frame): tf.Tensor {
  const [batch, channels] = [x.shape[0], x.shape.at(-1) as number];
  const { outputSize, size, strides, dilations } = windows;
  const rank = size.length;
  // One axis after another: [..., length, ...] becomes [..., output, size, ...].
  const apart = size.reduce((image, count, axis) => {
    const at = 1 + 2 * axis;
    const places = Int32Array.from({ length: (outputSize[axis] as number) * count }, (_, index) => {
      const [place, step] = [Math.floor(index / count), index % count];
      return place * (strides[axis] as number) + step * (dilations[axis] as number);
    });
    const rows = tf.gather(image, tf.tensor(places, [places.length], 'int32'), at);
    const shape = [
      ...image.shape.slice(0, at),
      outputSize[axis] as number,
      count,
      ...image.shape.slice(at + 1),
    ];
    return tf.reshape(rows, shape);
  }, x);
  const axes = size.map((_, axis) => 1 + 2 * axis);
  const last = tf.transpose(apart, [0, ...axes, 2 * rank + 1, ...axes.map((axis) => axis + 1)]);
  return tf.reshape(last, [batch, ...outputSize, channels, sizeOf(size)]);
}

/** Which element along the last axis is the first of the largest. */
export function isBest(elements: tf.Tensor): tf.Tensor {
  const best = tf.expandDims(tf.argMax(elements, -1), -1);
  return tf.equal(best, tf.range(0, elements.shape.at(-1) as number, 1, 'int32'));
}

/** What is left of values [..., elements] at each window's largest element, in a shape. */
export function chosen(best: tf.Tensor, values: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return shapedAs(tf.sum(tf.where(best, values, tf.zerosLike(values)), -1), shape);
}
