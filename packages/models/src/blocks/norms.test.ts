import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxDifference, toTensors } from '../test-support.js';
import { layerNorm } from './layer-norm.js';
import { rmsNorm } from './rms-norm.js';

const weights = toTensors({
  'norm.weight': { shape: [2], dtype: 'float32', data: Float32Array.of(2, 3) },
  'norm.bias': { shape: [2], dtype: 'float32', data: Float32Array.of(1, -1) },
});

describe('layerNorm', () => {
  it('is (x - mean) / sigma * weight + bias', () => {
    // Row [1, 3]: mean 2, sigma 1, normal [-1, 1]; times [2, 3] plus [1, -1] gives [-1, 2].
    const y = layerNorm(weights, 'norm', tf.tensor2d([[1, 3]]), 0);
    expect(maxDifference(y.dataSync(), [-1, 2])).toBeLessThan(1e-6);
  });
});

describe('rmsNorm', () => {
  it('is x / rms * weight', () => {
    // Row [1, 7]: mean square 25, rms 5, normal [0.2, 1.4]; times [2, 3] gives [0.4, 4.2].
    const y = rmsNorm(weights, 'norm', tf.tensor2d([[1, 7]]), 0);
    expect(maxDifference(y.dataSync(), [0.4, 4.2])).toBeLessThan(1e-6);
  });

  it('stays finite on zeros', () => {
    expect([...rmsNorm(weights, 'norm', tf.zeros([1, 2]), 1e-5).dataSync()]).toEqual([0, 0]);
  });
});
