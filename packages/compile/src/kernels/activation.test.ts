import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { HostTensor } from '../tensors.js';
import {
  at,
  type CaseTable,
  expectConformance,
  finite,
  floats,
  shapes,
  testConformance,
} from './conformance.test-support.js';
import { BELOW_10, binary, unary } from './elementwise.test-support.js';
import { ACTIVATION } from './activation.js';

const CASES: CaseTable = {
  Sigmoid: unary(tf.sigmoid),
  Softplus: unary(tf.softplus, { whole: BELOW_10 }),
  Relu: unary(tf.relu, { whole: BELOW_10 }),
  Elu: unary(tf.elu),
  EluGrad: shapes()
    .chain((shape) => fc.tuple(floats(shape), floats(shape, finite(-0.99, 4))))
    .map(([dy, y]) => ({
      label: `[${y.shape.join()}]`,
      inputs: { dy, y },
      run: (inputs) => tf.engine().runKernel('EluGrad', { dy: at(inputs, 'dy'), y: at(inputs, 'y') }),
      wrt: ['dy', 'y'],
    })),
  Selu: unary(tf.selu, { whole: BELOW_10 }),
  Relu6: unary(tf.relu6, { min: -9, max: 9, whole: BELOW_10 }),
  ClipByValue: fc.oneof(
    unary((x) => tf.clipByValue(x, -1.5, 2), { whole: BELOW_10 }),
    unary((x) => tf.clipByValue(x, 0.5, Number.POSITIVE_INFINITY), { whole: BELOW_10 }),
    unary((x) => tf.clipByValue(x, Number.NEGATIVE_INFINITY, 3), { whole: BELOW_10 }),
  ),
  LeakyRelu: fc.oneof(
    unary((x) => tf.leakyRelu(x), { whole: BELOW_10 }),
    unary((x) => tf.leakyRelu(x, 0.7)),
  ),
  Prelu: binary((x, alpha) => tf.prelu(x, alpha)),
  Step: fc.oneof(
    unary((x) => tf.step(x), { whole: BELOW_10 }),
    unary((x) => tf.step(x, -0.3)),
  ),
};

describe('activations, captured and on cpu', () => {
  testConformance(ACTIVATION, CASES);
});

const whole: HostTensor = { shape: [4], dtype: 'int32', data: Int32Array.of(-3, 0, 2, 9) };
const truths: HostTensor = { shape: [4], dtype: 'bool', data: Uint8Array.of(1, 0, 0, 1) };

test.each<[string, HostTensor, (x: tf.Tensor) => tf.Tensor]>([
  ['Prelu', whole, (x) => tf.prelu(x, tf.scalar(0.5))],
  ['Prelu', truths, (x) => tf.prelu(x, tf.scalar(0.5))],
  ['Relu6', truths, tf.relu6],
  ['ClipByValue', truths, (x) => tf.clipByValue(x, 0, 0.5)],
])('%s of numbers that are not real', async (kernel, x, run) => {
  await expectConformance(kernel, { label: x.dtype, inputs: { x }, run: (inputs) => run(at(inputs, 'x')) });
});
