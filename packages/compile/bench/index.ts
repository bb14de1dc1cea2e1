import * as tf from '@tensorflow/tfjs-core';
import { type Contender, createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import {
  type Backend,
  createFunction,
  createTrainingStep,
  type HostTensor,
  type LossProgram,
} from '../src/index.js';

// Silences tfjs's advice to install another backend.
tf.env().set('PROD', true);

/** The size of the decoder whose training step is measured: batch, tokens, width, heads, layers and vocabulary. */
const DECODER = { batch: 4, tokens: 32, width: 64, heads: 4, layers: 2, vocabulary: 160 };

const benchmark = createBenchmark();
const rounds = benchmark.isQuick ? 3 : 7;
const ROUNDS = { 'ort-cpu': rounds, 'tfjs-wasm': rounds, 'tfjs-cpu': rounds } satisfies Partial<
  Record<Backend, number>
>;

let seed = 1;
/** Numbers of the size of trained weights, the same in every run. */
function tensor(shape: readonly number[], scale = 0.1): HostTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: size }, () => scale * Math.sin(seed++)),
  };
}

function decoderWeights(): Record<string, HostTensor> {
  const { width, layers, vocabulary } = DECODER;
  const weights: Record<string, HostTensor> = { embedding: tensor([vocabulary, width]) };
  for (let layer = 0; layer < layers; layer++) {
    for (const name of ['query', 'key', 'value', 'out']) weights[`${layer}.${name}`] = tensor([width, width]);
    weights[`${layer}.up`] = tensor([width, 4 * width]);
    weights[`${layer}.down`] = tensor([4 * width, width]);
  }
  return weights;
}

const rmsNorm = (x: tf.Tensor): tf.Tensor =>
  tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-6)));

/**
 * Cross-entropy of the next token under a pre-norm decoder with tied embeddings. Tokens come as one-hot rows:
 * the gradient of a gather is a kernel that tfjs-wasm does not have.
 */
const decoderLoss: LossProgram = (weights, inputs) => {
  const { batch, tokens, width, heads, layers, vocabulary } = DECODER;
  const weight = (name: string) => weights[name] as tf.Tensor2D;
  const linear = (x: tf.Tensor, name: string) =>
    tf.reshape(tf.matMul(tf.reshape(x, [batch * tokens, -1]), weight(name)), [batch, tokens, -1]);
  const split = (x: tf.Tensor) =>
    tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
  let x: tf.Tensor = tf.matMul(inputs['tokens'] as tf.Tensor2D, weight('embedding'));
  x = tf.reshape(x, [batch, tokens, width]);
  for (let layer = 0; layer < layers; layer++) {
    const normed = rmsNorm(x);
    const [q, k, v] = ['query', 'key', 'value'].map((name) => split(linear(normed, `${layer}.${name}`)));
    const scores = tf.div(tf.matMul(q as tf.Tensor, k as tf.Tensor, false, true), Math.sqrt(width / heads));
    const mixed = tf.matMul(tf.softmax(tf.add(scores, inputs['mask'] as tf.Tensor)), v as tf.Tensor);
    const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, width]);
    x = tf.add(x, linear(joined, `${layer}.out`));
    const up = linear(rmsNorm(x), `${layer}.up`);
    x = tf.add(x, linear(tf.mul(up, tf.sigmoid(up)), `${layer}.down`));
  }
  const flat = tf.reshape(rmsNorm(x), [batch * tokens, width]);
  const logits = tf.matMul(flat as tf.Tensor2D, weight('embedding'), false, true);
  const logSum = tf.add(
    tf.log(tf.sum(tf.exp(tf.sub(logits, tf.max(logits, -1, true))), -1)),
    tf.max(logits, -1),
  );
  const target = tf.sum(tf.mul(logits, tf.reshape(inputs['targets'] as tf.Tensor, [-1, vocabulary])), -1);
  return { total: tf.mean(tf.sub(logSum, target)) };
};

function decoderInputs(): Record<string, HostTensor> {
  const { batch, tokens, vocabulary } = DECODER;
  const rows = (offset: number): HostTensor => {
    const data = new Float32Array(batch * tokens * vocabulary);
    for (let i = 0; i < batch * tokens; i++) data[i * vocabulary + (((i + offset) * 37) % vocabulary)] = 1;
    return { shape: [batch * tokens, vocabulary], dtype: 'float32', data };
  };
  const mask = Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? -1e9 : 0,
  );
  return {
    tokens: rows(0),
    targets: rows(1),
    mask: { shape: [tokens, tokens], dtype: 'float32', data: mask },
  };
}

const product = { a: tensor([512, 512]), b: tensor([512, 512]) };
const batch = decoderInputs();
const weights = decoderWeights();

const cases: Record<string, (backend: Backend) => Contender> = {
  'matmul 512 x 512 x 512': (backend) => {
    const f = createFunction((_weights, { a, b }) => ({ c: tf.matMul(a as tf.Tensor, b as tf.Tensor) }), {
      backend,
    });
    return { run: () => f.run(product), dispose: () => f.dispose() };
  },
  [`decoder training step, ${DECODER.layers} layers of ${DECODER.width}, ${DECODER.batch} x ${DECODER.tokens} tokens`]:
    (backend) => {
      const step = createTrainingStep({ loss: decoderLoss, weights, backend, optimizer: { clipNorm: 1 } });
      return { run: () => step.run(batch, { learningRate: 1e-3 }), dispose: () => step.dispose() };
    },
};

for (const [name, create] of Object.entries(cases)) await benchmark.turns(name, ROUNDS, create);
await benchmark.finish();
