import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { imageTextLoss } from './image-text-loss.js';
import { regionTextLoss } from './region-text-loss.js';
import { numberOf } from './test-support.js';

test('by hand: orthogonal images, s = 1, an image without a caption left out', () => {
  // Logits are the identity: log(1 + e^-1) = 0.313262 on both sides.
  const images = tf.tensor2d([
    [1, 0],
    [0, 1],
    [1, 0],
  ]);
  const texts = tf.tensor2d([
    [1, 0],
    [0, 1],
    [0, 0],
  ]);
  const loss = imageTextLoss({ images, texts, logitScale: tf.scalar(0), mask: tf.tensor1d([1, 1, 0]) });
  expect(numberOf(loss)).toBeCloseTo(0.313262, 5);
});

test('has the form of the region-text loss', () => {
  const images = tf.tensor2d([
    [1, 0],
    [0.6, 0.8],
    [0, 1],
  ]);
  const texts = tf.tensor2d([
    [0.8, 0.6],
    [0, 1],
    [0, 1],
  ]);
  const rest = { texts, logitScale: tf.scalar(2), textGroups: tf.tensor1d([0, 1, 1], 'int32') };
  expect(numberOf(imageTextLoss({ images, ...rest }))).toBe(
    numberOf(regionTextLoss({ regions: images, ...rest })),
  );
});

test('speaks of images in its errors', () => {
  const images = tf.zeros([2, 4]);
  expect(() => imageTextLoss({ images, texts: tf.zeros([3, 4]), logitScale: tf.scalar(0) })).toThrow(
    'imageTextLoss: expected texts to match images [2, 4], got [3, 4]',
  );
});
