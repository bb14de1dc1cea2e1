import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { expectGradient, expectNoLeak } from './test-support.js';
import { tokenLogProbs } from './token-log-probs.js';

const labels = tf.tensor2d([[2, 0]], undefined, 'int32');

test('by hand, gradient, tensors, errors', () => {
  const logits = tf.log(
    tf.tensor3d([
      [
        [2, 2, 4],
        [1, 3, 4],
      ],
    ]),
  );
  const found = tokenLogProbs(logits, labels);
  expect(found.shape).toEqual([1, 2]);
  [Math.log(1 / 2), Math.log(1 / 8)].forEach((wanted, t) =>
    expect(found.dataSync()[t]).toBeCloseTo(wanted, 5),
  );
  expectGradient((x) => tf.sum(tf.mul(tokenLogProbs(x, labels), tf.tensor2d([[1, -2]]))), [logits]);
  expectNoLeak(() => tokenLogProbs(logits, labels));
  expect(() => tokenLogProbs(logits, tf.zeros([2], 'int32'))).toThrow(
    'tokenLogProbs: expected labels to be [1, 2], got [2]; give one label a position of logits',
  );
});
