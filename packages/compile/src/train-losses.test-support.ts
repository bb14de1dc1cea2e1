/**
 * One training script for every backend: `train-losses.test-support.ts BACKEND UPDATES` prints the losses and
 * gradient norms of AdamW updates of a tiny language model as JSON.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from './backend.js';
import type { HostTensor, TensorMap, Weights } from './tensors.js';
import { createTrainingStep } from './training-step.js';
import type { LossProgram } from './update-program.js';

const [BATCH, TOKENS, WIDTH, VOCABULARY] = [2, 6, 8, 11];

/** Numbers without a pattern that are the same everywhere. */
function matrix(seed: number, rows: number, columns: number): HostTensor {
  const data = Float32Array.from(
    { length: rows * columns },
    (_, i) => 0.5 * Math.sin(seed * 37 + i * i * 0.7 + i),
  );
  return { shape: [rows, columns], dtype: 'float32', data };
}

function filled(value: number): HostTensor {
  return { shape: [WIDTH], dtype: 'float32', data: new Float32Array(WIDTH).fill(value) };
}

const weights: Weights = {
  tokens: matrix(1, VOCABULARY, WIDTH),
  positions: matrix(2, TOKENS, WIDTH),
  'attention.scale': filled(1),
  'attention.shift': filled(0),
  queries: matrix(3, WIDTH, WIDTH),
  keys: matrix(4, WIDTH, WIDTH),
  values: matrix(5, WIDTH, WIDTH),
  'mlp.scale': filled(1),
  'mlp.shift': filled(0),
  up: matrix(6, WIDTH, 2 * WIDTH),
  down: matrix(7, 2 * WIDTH, WIDTH),
  frozen: matrix(8, WIDTH, VOCABULARY),
};

function layerNorm(x: tf.Tensor, w: TensorMap, name: string): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(normal, w[`${name}.scale`] as tf.Tensor), w[`${name}.shift`] as tf.Tensor);
}

function linear(x: tf.Tensor, weight: tf.Tensor | undefined): tf.Tensor {
  const rows = tf.reshape(x, [BATCH * TOKENS, -1]);
  return tf.reshape(tf.matMul(rows, weight as tf.Tensor2D), [BATCH, TOKENS, -1]);
}

/** Next-token loss of one block: embeddings by gather, causal attention, layer norms, an MLP with the exact GELU. */
const loss: LossProgram = (w, { ids, targets }) => {
  const embedded = tf.gather(w['tokens'] as tf.Tensor, ids as tf.Tensor1D);
  // A running sum, whose gradient in tfjs needs the correction.
  const positions = tf.cumsum(w['positions'] as tf.Tensor, 0);
  const x = tf.add(tf.reshape(embedded, [BATCH, TOKENS, WIDTH]), positions);
  const normal = layerNorm(x, w, 'attention');
  const scores = tf.matMul(linear(normal, w['queries']), linear(normal, w['keys']), false, true);
  const position = tf.range(0, TOKENS, 1, 'int32');
  const isPast = tf.greaterEqual(tf.expandDims(position, 1), tf.expandDims(position, 0));
  const masked = tf.where(isPast, tf.div(scores, Math.sqrt(WIDTH)), tf.fill(scores.shape, -1e9));
  const attended = tf.add(x, tf.matMul(tf.softmax(masked), linear(normal, w['values'])));
  const hidden = linear(layerNorm(attended, w, 'mlp'), w['up']);
  const gelu = tf.mul(tf.mul(hidden, 0.5), tf.add(tf.erf(tf.div(hidden, Math.SQRT2)), 1));
  const out = tf.add(attended, linear(gelu, w['down']));
  const logits = tf.reshape(linear(out, w['frozen']), [BATCH * TOKENS, VOCABULARY]);
  const chosen = tf.mul(tf.logSoftmax(logits), tf.oneHot(targets as tf.Tensor1D, VOCABULARY));
  return { total: tf.neg(tf.div(tf.sum(chosen), BATCH * TOKENS)) };
};

function tokenIds(seed: number): HostTensor {
  const data = Int32Array.from({ length: BATCH * TOKENS }, (_, i) => (seed * 5 + i * i * 3 + i) % VOCABULARY);
  return { shape: [BATCH * TOKENS], dtype: 'int32', data };
}

const [backend, updates] = process.argv.slice(2) as [Backend, string];
const step = createTrainingStep({
  backend,
  loss,
  weights,
  // The gradient is clipped in every update, matrices alone are decayed, the output layer is frozen.
  optimizer: {
    clipNorm: 0.5,
    weightDecay: 0.1,
    decays: (name) => weights[name]?.shape.length === 2,
    trainable: (name) => name !== 'frozen',
  },
});
const results: { readonly loss: number; readonly gradientNorm: number }[] = [];
for (let update = 1; update <= Number(updates); update++) {
  const inputs = { ids: tokenIds(update), targets: tokenIds(update + 1) };
  const { loss, gradientNorm } = await step.run(inputs, { learningRate: 0.02 });
  results.push({ loss, gradientNorm });
}
process.stdout.write(`${JSON.stringify(results)}\n`);
await step.dispose();
