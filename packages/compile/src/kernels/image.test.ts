import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFunction } from '../compiled-function.js';
import type { HostTensor } from '../tensors.js';
import { at, type Case, type CaseTable, floats, testConformance } from './conformance.test-support.js';
import { IMAGE } from './image.js';

const small = (min: number, max: number) => fc.integer({ min, max });

const images = fc
  .tuple(small(1, 2), small(1, 5), small(1, 5), small(1, 4))
  .map((shape): number[] => [...shape]);

type Resize = (
  x: tf.Tensor4D,
  size: [number, number],
  alignCorners: boolean,
  halfPixelCenters: boolean,
) => tf.Tensor;

type Shape = readonly [batch: number, height: number, width: number, channels: number];

/** Larger and smaller, with corners aligned, centres of pixels, or neither; gradients where tfjs's cpu backend has the right one. */
const resizes = (run: Resize, hasGradient: (shape: Shape, mode: string) => boolean): fc.Arbitrary<Case> =>
  fc
    .tuple(
      images.chain((shape) => floats(shape)),
      small(1, 7),
      small(1, 7),
      fc.constantFrom('plain', 'corners', 'centres'),
    )
    .map(([x, height, width, mode]) => ({
      label: `[${x.shape.join()}] to ${height}x${width}, ${mode}`,
      inputs: { x },
      run: (inputs) =>
        run(at(inputs, 'x') as tf.Tensor4D, [height, width], mode === 'corners', mode === 'centres'),
      // None leaves room for centres of pixels.
      wrt: mode !== 'centres' && hasGradient(x.shape as Shape, mode) ? ['x'] : [],
    }));

// It swaps height and width.
const bilinear = resizes(tf.image.resizeBilinear, ([, height, width]) => height === width);
// It mixes up the images of a batch, and never ends where corners of a single row or column are aligned.
const nearest = resizes(
  tf.image.resizeNearestNeighbor,
  ([batch, height, width], mode) => batch === 1 && (mode === 'plain' || Math.min(height, width) > 1),
);

const CASES: CaseTable = {
  ResizeBilinear: bilinear,
  ResizeBilinearGrad: bilinear.filter(({ wrt }) => wrt?.length === 1),
  ResizeNearestNeighbor: nearest,
  ResizeNearestNeighborGrad: nearest.filter(({ wrt }) => wrt?.length === 1),
  FlipLeftRight: images
    .chain((shape) => floats(shape))
    .map((x) => ({
      label: `${x.dtype} [${x.shape.join()}]`,
      inputs: { x },
      run: (inputs) => tf.image.flipLeftRight(at(inputs, 'x') as tf.Tensor4D),
    })),
  RotateWithOffset: fc
    .tuple(
      images.chain((shape) => floats(shape)),
      fc.constantFrom(0, 0.3, Math.PI / 2, -1, 3),
      fc.constantFrom<number | [number, number, number]>(0, 7, [1, 2, 3]),
      fc.constantFrom<number | [number, number]>(0.5, [0.2, 0.9]),
    )
    .map(([x, radians, fill, center]) => ({
      label: `[${x.shape.join()}] by ${radians} about ${String(center)}, filled with ${String(fill)}`,
      inputs: { x },
      run: (inputs) => tf.image.rotateWithOffset(at(inputs, 'x') as tf.Tensor4D, radians, fill, center),
    })),
};

describe('images, captured and on cpu', () => {
  testConformance(IMAGE, CASES);
});

test.each([
  // Four places between two: at -0.25, 0.25, 0.75 and 1.25, shares 1, 3/4, 1/4 and 0 of the first. Weights 1 to 4, then 5 to 8.
  ['bilinear', tf.image.resizeBilinear, [1 + 1.5 + 0.75, 0.5 + 2.25 + 4, 5 + 4.5 + 1.75, 1.5 + 5.25 + 8]],
  ['nearest', tf.image.resizeNearestNeighbor, [3, 7, 11, 15]],
] as const)(
  'the gradient of a %s resize between centres of pixels, of each image',
  async (_name, resize, expected) => {
    const x: HostTensor = { shape: [2, 1, 2, 1], dtype: 'float32', data: Float32Array.of(5, 6, 7, 8) };
    const gradient = createFunction((_weights, inputs) => ({
      dx: tf.grad((z) =>
        tf.sum(
          tf.mul(resize(z as tf.Tensor4D, [1, 4], false, true), tf.reshape(tf.range(1, 9), [2, 1, 4, 1])),
        ),
      )(at(inputs, 'x')),
    }));
    const { dx } = await gradient.run({ x });
    expect(Array.from(dx?.data ?? [])).toEqual(expected);
    await gradient.dispose();
  },
);
