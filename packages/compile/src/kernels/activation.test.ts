import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import { at, type CaseTable, finite, floats, shapes, testConformance } from './conformance.test-support.js';
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
