import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxDifference, randomTensor } from '../test-support.js';
import { convolution } from './convolution.js';

/** The same convolution by tfjs's own conv2d, whose filters are [height, width, in, out]. */
function reference(x: tf.Tensor4D, weight: tf.Tensor4D, stride: number): tf.Tensor {
  const total = weight.shape[2] - stride;
  const side: [number, number] = [Math.ceil(total / 2), Math.floor(total / 2)];
  const padded = tf.pad<tf.Tensor4D>(x, [[0, 0], side, side, [0, 0]]);
  return tf.conv2d(padded, tf.transpose<tf.Tensor4D>(weight, [2, 3, 1, 0]), stride, 'valid');
}

describe('convolution', () => {
  it('equals conv2d for kernels of any size from the stride up', () => {
    const shape = fc.record({
      stride: fc.integer({ min: 1, max: 4 }),
      extra: fc.integer({ min: 0, max: 5 }),
      cells: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(shape, ({ stride, extra, cells, channels }) => {
        const x = randomTensor([2, stride * cells, stride * (cells + 1), channels], 1) as tf.Tensor4D;
        const weight = randomTensor([4, channels, stride + extra, stride + extra], 2) as tf.Tensor4D;
        const [ours, theirs] = [convolution(x, weight, stride), reference(x, weight, stride)];
        expect(ours.shape).toEqual(theirs.shape);
        expect(maxDifference(ours.dataSync(), theirs.dataSync())).toBeLessThan(1e-4);
      }),
      { numRuns: 60 },
    );
  });

  it('of a patch is a dot product in torch order: channel, row, column', () => {
    // One 2 x 2 patch of two channels; the weight picks channel 1 of row 0, column 1: the value 4.
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
    const weight = tf.tensor4d([0, 0, 0, 0, 0, 1, 0, 0], [1, 2, 2, 2]);
    expect([...convolution(x, weight, 2).dataSync()]).toEqual([4]);
  });
});
