import '../src/register-gradients.test-support.js';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { INITIAL_LOG_SCALE, l2Normalize, regionTextLoss, relationLoss, tokenLoss } from '../src/index.js';

// Silences the backend's advice to install another one.
tf.env().set('PROD', true);
await tf.setBackend('cpu');

const theta = tf.scalar(INITIAL_LOG_SCALE);
const rows = (count: number, width = 64) => l2Normalize(tf.randomNormal([count, width], 0, 1, 'float32', 1));
const ints = (shape: number[], below: number) => tf.randomUniformInt(shape, 0, below, 2);

/**
 * Loss and gradient with respect to its first input, on tfjs's plain cpu backend: the cost of
 * the operations themselves.
 */
const cases: Record<string, { readonly at: tf.Tensor; readonly loss: (x: tf.Tensor) => tf.Tensor }> = {};
for (const count of [64, 256]) {
  const texts = rows(count);
  const negatives = rows(count * 2);
  const textGroups = ints([count], count / 2);
  const plain = { texts, logitScale: theta };
  const at = rows(count);
  cases[`region-text, ${count} pairs`] = { at, loss: (regions) => regionTextLoss({ regions, ...plain }) };
  cases[`region-text, ${count} pairs, groups, ${count * 2} negatives`] = {
    at,
    loss: (regions) => regionTextLoss({ regions, ...plain, textGroups, negatives }),
  };
}
const labels = ints([32, 6, 6], 7);
cases['relation, 32 images of 6 regions'] = {
  at: tf.randomNormal([32, 6, 6, 7], 0, 1, 'float32', 1),
  loss: (logits) => relationLoss({ logits, labels }),
};
const targets = ints([16, 96], 160);
const mask = tf.ones([16, 96]);
cases['tokens, 16 x 96, vocabulary 160'] = {
  at: tf.randomNormal([16, 96, 160], 0, 1, 'float32', 1),
  loss: (logits) => tokenLoss({ logits, labels: targets, mask }),
};

const benchmark = createBenchmark();
for (const [name, { at, loss }] of Object.entries(cases)) {
  const withGradient = tf.valueAndGrad(loss);
  await benchmark.time(name, () => {
    const { value, grad } = withGradient(at);
    value.dataSync();
    grad.dataSync();
    tf.dispose([value, grad]);
  });
}
await benchmark.finish();
