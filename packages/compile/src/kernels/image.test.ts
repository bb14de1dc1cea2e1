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

/** Larger and smaller, with corners aligned, centres of pixels, or neither. */
const resizes = (run: Resize): fc.Arbitrary<Case> =>
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
      wrt: ['x'],
    }));

/**
 * Calls of a gradient kernel, which this package's gradients do not take, where that of
 * tfjs's cpu backend is right.
 */
const gradientKernel = (
  kernel: string,
  isRight: (image: readonly number[], alignCorners: boolean) => boolean,
): fc.Arbitrary<Case> =>
  fc
    .tuple(images, small(1, 7), small(1, 7), fc.boolean())
    .filter(([image, , , alignCorners]) => isRight(image, alignCorners))
    .chain(([image, height, width, alignCorners]) =>
      floats([image[0] as number, height, width, image[3] as number]).map((dy) => ({
        label: `[${dy.shape.join()}] to [${image.join()}], ${alignCorners}`,
        inputs: { dy },
        run: (inputs) =>
          tf
            .engine()
            .runKernel(
              kernel,
              { dy: at(inputs, 'dy'), images: tf.zeros(image) },
              { alignCorners, halfPixelCenters: false },
            ),
        wrt: ['dy'],
      })),
    );

const CASES: CaseTable = {
  ResizeBilinear: resizes(tf.image.resizeBilinear),
  // It swaps height and width.
  ResizeBilinearGrad: gradientKernel('ResizeBilinearGrad', ([, height, width]) => height === width),
  ResizeNearestNeighbor: resizes(tf.image.resizeNearestNeighbor),
  // It mixes up the images of a batch, and never ends where corners of a single row or column are aligned.
  ResizeNearestNeighborGrad: gradientKernel(
    'ResizeNearestNeighborGrad',
    ([batch, height, width], alignCorners) =>
      batch === 1 && (!alignCorners || Math.min(height as number, width as number) > 1),
  ),
  FlipLeftRight: images
    .chain((shape) => floats(shape))
    .map((x) => ({
      label: `${x.dtype} [${x.shape.join()}]`,
      inputs: { x },
      run: (inputs) => tf.image.flipLeftRight(at(inputs, 'x') as tf.Tensor4D),
      wrt: ['x'],
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
  // Four places between two: at -0.25, 0.25, 0.75 and 1.25, shares 1, 3/4, 1/4 and 0 of the first.
  // Weights 1 to 4, then 5 to 8.
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
