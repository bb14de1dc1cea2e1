import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { maxDifference, toTensors } from '../test-support.js';
import { activate } from './activation.js';
import { fusedLinear, linear } from './linear.js';
import { swiglu } from './mlp.js';

const weights = toTensors({
  'a.weight': { shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  'a.bias': { shape: [2], dtype: 'float32', data: Float32Array.of(10, 20) },
  'b.weight': { shape: [1, 3], dtype: 'float32', data: Float32Array.of(1, 0, -1) },
  'b.bias': { shape: [1], dtype: 'float32', data: Float32Array.of(0.5) },
});

it('linear is x W^T + b over any leading axes', () => {
  // [1, 0, 2] . [1, 2, 3] + 10 = 17; . [4, 5, 6] + 20 = 36.
  const y = linear(weights, 'a', tf.tensor3d([[[1, 0, 2]], [[0, 0, 0]]]));
  expect(y.shape).toEqual([2, 1, 2]);
  expect([...y.dataSync()]).toEqual([17, 36, 10, 20]);
});

it('fusedLinear puts the outputs side by side', () => {
  const y = fusedLinear(weights, ['a', 'b'], tf.tensor2d([[1, 0, 2]]));
  expect([...y.dataSync()]).toEqual([17, 36, -0.5]);
});

it('fusedLinear adds the biases of those that have one', () => {
  const some = {
    'a.weight': tf.tensor2d([[1, 0]]),
    'b.weight': tf.tensor2d([[0, 1]]),
    'b.bias': tf.tensor1d([10]),
  };
  expect([...fusedLinear(some, ['a', 'b'], tf.tensor2d([[3, 4]])).dataSync()]).toEqual([3, 14]);
});

it('linear names the weight that is missing', () => {
  expect(() => linear(weights, 'c', tf.zeros([1, 3]))).toThrow(/expected a weight named c.weight/);
});

it('activations have the known values at 1', () => {
  const at = (name: Parameters<typeof activate>[0]) => activate(name, tf.tensor1d([1])).dataSync();
  // Phi(1) = 0.841345, sigmoid(1) = 0.731059, sigmoid(1.702) = 0.845796; the tanh form of GELU gives 0.841192.
  expect(maxDifference(at('gelu'), [0.841345])).toBeLessThan(1e-5);
  expect(maxDifference(at('silu'), [0.731059])).toBeLessThan(1e-5);
  expect(maxDifference(at('quick_gelu'), [0.845796])).toBeLessThan(1e-5);
  expect(maxDifference(at('gelu_new'), [0.841192])).toBeLessThan(1e-5);
  expect(maxDifference(at('relu'), [1])).toBe(0);
});

it('swiglu is down(silu(gate) * up)', () => {
  const gated = toTensors({
    'm.gate_proj.weight': { shape: [1, 1], dtype: 'float32', data: Float32Array.of(1) },
    'm.up_proj.weight': { shape: [1, 1], dtype: 'float32', data: Float32Array.of(3) },
    'm.down_proj.weight': { shape: [1, 1], dtype: 'float32', data: Float32Array.of(2) },
  });
  // silu(1) = 0.731059; up = 3; down = 2: 4.386351.
  expect(maxDifference(swiglu(gated, 'm', tf.tensor2d([[1]])).dataSync(), [4.386351])).toBeLessThan(1e-5);
});
