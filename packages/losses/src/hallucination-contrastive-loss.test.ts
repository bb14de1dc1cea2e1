import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hallucinationContrastiveLoss } from './hallucination-contrastive-loss.js';
import { imageTextLoss } from './image-text-loss.js';
import {
  dot,
  expectGradient,
  expectNoLeak,
  matrix,
  negativeLogSoftmax,
  numberOf,
  unit,
} from './test-support.js';

const rows = {
  images: tf.tensor2d([
    [0.6, 0.8],
    [1, 0],
  ]),
  texts: tf.tensor2d([
    [0, 1],
    [0.8, 0.6],
  ]),
  hallucinated: tf.tensor2d([
    [1, 0],
    [0, -1],
    [-0.6, 0.8],
  ]),
};
const inputs = { ...rows, logitScale: tf.scalar(1), generation: tf.scalar(2) };

test('by hand: two orthogonal pairs, one hallucinated caption that fits the first image as well as its own, s = 1', () => {
  const { total, contrast, generation } = hallucinationContrastiveLoss(
    {
      images: tf.eye(2),
      texts: tf.eye(2),
      hallucinated: tf.tensor2d([[1, 0]]),
      logitScale: tf.scalar(0),
      generation: tf.scalar(3),
    },
    { alpha: 0.5 },
  );
  // Images: log(2e + 1) - 1 = 0.861994 and log(e + 2) - 1 = 0.551445; texts: log(e + 1) - 1 = 0.313262 each.
  // Sum 2.039963, a quarter of it.
  expect(numberOf(contrast)).toBeCloseTo(0.509991, 5);
  expect(numberOf(total)).toBeCloseTo(3 + 0.2549955, 5);
  expect(numberOf(generation)).toBe(3);
});

test('equals the definition, with padded pairs and captions', () => {
  const bits = (length: number) => fc.array(fc.constantFrom(0, 1), { minLength: length, maxLength: length });
  fc.assert(
    fc.property(matrix(3, 2), matrix(3, 2), matrix(4, 2), bits(3), bits(4), (v, t, n, mask, wrongMask) => {
      const [images, texts, wrong] = [v.map(unit), t.map(unit), n.map(unit)];
      const pairs = [0, 1, 2].filter((i) => mask[i] === 1);
      const negatives = wrong.filter((_, k) => wrongMask[k] === 1);
      const logits = (row: number[] | undefined, columns: readonly (number[] | undefined)[]) =>
        columns.map((column) => 4 * dot(row ?? [], column ?? []));
      const sides = pairs.flatMap((i, place) => [
        negativeLogSoftmax(logits(images[i], [...pairs.map((j) => texts[j]), ...negatives]), place),
        negativeLogSoftmax(
          logits(
            texts[i],
            pairs.map((j) => images[j]),
          ),
          place,
        ),
      ]);
      const expected = sides.length === 0 ? 0 : sides.reduce((a, b) => a + b) / sides.length;
      const { contrast } = hallucinationContrastiveLoss(
        {
          images: tf.tensor2d(images),
          texts: tf.tensor2d(texts),
          hallucinated: tf.tensor2d(wrong),
          hallucinatedMask: tf.tensor1d(wrongMask),
          mask: tf.tensor1d(mask),
          logitScale: tf.scalar(Math.log(4)),
          generation: tf.scalar(0),
        },
        { alpha: 1 },
      );
      expect(numberOf(contrast)).toBeCloseTo(expected, 4);
    }),
    { numRuns: 60 },
  );
});

test('without hallucinated captions it is the image-text loss; the order of the pairs and of the captions does not matter', () => {
  const { images, texts, hallucinated } = rows;
  const plain = hallucinationContrastiveLoss({ ...inputs, hallucinated: undefined }, { alpha: 1 });
  expect(numberOf(plain.contrast)).toBeCloseTo(
    numberOf(imageTextLoss({ images, texts, logitScale: inputs.logitScale })),
    6,
  );
  const first = numberOf(hallucinationContrastiveLoss(inputs, { alpha: 1 }).contrast);
  expect(first).toBeGreaterThan(numberOf(plain.contrast));
  const turned = hallucinationContrastiveLoss(
    {
      ...inputs,
      images: tf.reverse(images, 0),
      texts: tf.reverse(texts, 0),
      hallucinated: tf.reverse(hallucinated, 0),
    },
    { alpha: 1 },
  );
  expect(numberOf(turned.contrast)).toBeCloseTo(first, 6);
});

test('gradient, tensors, errors', () => {
  expectGradient(
    (images, texts, hallucinated, logitScale, generation) =>
      hallucinationContrastiveLoss({ images, texts, hallucinated, logitScale, generation }, { alpha: 0.7 })
        .total,
    [inputs.images, inputs.texts, inputs.hallucinated, inputs.logitScale, inputs.generation],
  );
  expectNoLeak(() => hallucinationContrastiveLoss(inputs, { alpha: 0.7 }).total);
  expect(() => hallucinationContrastiveLoss(inputs, { alpha: -1 })).toThrow('expected alpha >= 0, got -1');
  expect(() => hallucinationContrastiveLoss(inputs, { alpha: Number.NaN })).toThrow('expected alpha >= 0');
  expect(() =>
    hallucinationContrastiveLoss({ ...inputs, hallucinated: tf.zeros([2, 3]) }, { alpha: 1 }),
  ).toThrow('hallucinationContrastiveLoss: expected negatives to be [*, 2], got [2, 3]');
  expect(() => hallucinationContrastiveLoss({ ...inputs, generation: tf.zeros([2]) }, { alpha: 1 })).toThrow(
    'expected generation to be a scalar',
  );
});
