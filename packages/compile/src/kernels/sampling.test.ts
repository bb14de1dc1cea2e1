import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFunction } from '../compiled-function.js';
import type { HostTensor } from '../tensors.js';
import { at, type CaseTable, finite, floats, integers, testConformance } from './conformance.test-support.js';
import { SAMPLING } from './sampling.js';

const small = (min: number, max: number) => fc.integer({ min, max });
const images = (batch: fc.Arbitrary<number>) =>
  fc.tuple(batch, small(1, 5), small(1, 5), small(1, 3)).chain((shape) => floats(shape));

const CASES: CaseTable = {
  // Boxes inside, outside, turned, and over the whole image; images that do not exist.
  CropAndResize: fc
    .tuple(
      images(small(1, 2)),
      small(1, 3),
      fc.tuple(small(1, 4), small(1, 4)),
      fc.constantFrom<'bilinear' | 'nearest'>('bilinear', 'nearest'),
      fc.constantFrom(0, 9),
    )
    .chain(([x, count, size, method, outside]) =>
      fc
        .tuple(
          floats([count, 4], fc.oneof(finite(-0.3, 1.3), fc.constantFrom(0, 1, 0.5))),
          integers([count], 0, x.shape[0] as number),
        )
        .map(([boxes, of]) => ({
          label: `[${x.shape.join()}] at [${boxes.data.join()}] of ${of.data.join()}, ${size.join('x')}, ${method}`,
          inputs: { x, boxes, of },
          run: (inputs: Readonly<Record<string, tf.Tensor>>) =>
            tf.image.cropAndResize(
              at(inputs, 'x') as tf.Tensor4D,
              at(inputs, 'boxes') as tf.Tensor2D,
              at(inputs, 'of') as tf.Tensor1D,
              size,
              method,
              outside,
            ),
        })),
    ),
  // One image: tfjs's cpu backend returns after the first (below: two).
  Transform: fc
    .tuple(
      images(fc.constant(1)),
      floats([1, 8], fc.oneof(finite(-2, 2), fc.constantFrom(0, 1))),
      fc.constantFrom<'bilinear' | 'nearest'>('bilinear', 'nearest'),
      fc.constantFrom<'constant' | 'reflect' | 'wrap' | 'nearest'>('constant', 'reflect', 'wrap', 'nearest'),
      fc.constantFrom(0, 3),
      fc.option(fc.tuple(small(1, 4), small(1, 4))),
    )
    .map(([x, transforms, method, mode, fill, size]) => ({
      label: `[${x.shape.join()}] by [${transforms.data.join()}], ${method}, ${mode}, ${String(size)}`,
      inputs: { x, transforms },
      run: (inputs) =>
        tf.image.transform(
          at(inputs, 'x') as tf.Tensor4D,
          at(inputs, 'transforms') as tf.Tensor2D,
          method,
          mode,
          fill,
          size ?? undefined,
        ),
    })),
};

describe('sampling, captured and on cpu', () => {
  testConformance(SAMPLING, CASES);
});

test('each image of a batch by its own projection', async () => {
  // One step to the right and one to the left; outside is 9.
  const x: HostTensor = { shape: [2, 1, 3, 1], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const moves = [1, 0, 1, 0, 1, 0, 0, 0, 1, 0, -1, 0, 1, 0, 0, 0];
  const moved = createFunction((_weights, inputs) => ({
    y: tf.image.transform(
      at(inputs, 'x') as tf.Tensor4D,
      tf.tensor2d(moves, [2, 8]),
      'nearest',
      'constant',
      9,
    ),
  }));
  const { y } = await moved.run({ x });
  expect(Array.from(y?.data ?? [])).toEqual([2, 3, 9, 9, 4, 5]);
  await moved.dispose();
});
