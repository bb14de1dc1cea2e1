import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { planTraining } from './plan-training.js';
import type { LossProgram } from './update-program.js';

const float32 = 'float32' as const;
const matrix = (rows: number, columns: number) => ({ shape: [rows, columns], dtype: float32 });

/** x W1 W2, squared: two products forward, three backward (none into x). */
const chain: LossProgram = ({ first, second }, { x }) => {
  const hidden = tf.matMul(x as tf.Tensor2D, first as tf.Tensor2D);
  return { total: tf.sum(tf.square(tf.matMul(hidden, second as tf.Tensor2D))) };
};
const inputs = { x: matrix(64, 256) };

describe('a plan', () => {
  test('counts products forward and backward, weights, moments and gradients', () => {
    const { parameters, flops, memory } = planTraining({
      loss: chain,
      weights: { first: matrix(256, 512), second: matrix(512, 128) },
      inputs,
    });
    const [one, two] = [256 * 512, 512 * 128];
    expect(parameters).toEqual({ total: one + two, trained: one + two });
    // x first, hidden second; hidden^T dy, dy second^T, x^T dhidden
    expect(flops).toBe(2 * 64 * (one + two + two + two + one));
    expect(memory.trained).toBe(4 * (one + two));
    expect(memory.optimizer).toBe(8 * (one + two));
    expect(memory.inputs).toBe(4 * 64 * 256);
    expect(memory.weights).toEqual({});
    // At the end both gradients wait for their norm.
    expect(memory.gradients).toBe(4 * (one + two));
    const { trained, optimizer, gradients, widened, activations, waste, runtime } = memory;
    const values = gradients + widened + activations + waste;
    expect(memory.peak).toBe(trained + optimizer + memory.inputs + values + runtime);
  });

  test('widens frozen weights of half precision one at a time, and has no gradients of them', () => {
    const half = (rows: number, columns: number) => ({ shape: [rows, columns], dtype: 'BF16' as const });
    const { memory, parameters } = planTraining({
      loss: chain,
      weights: { first: matrix(256, 512) },
      stored: { second: half(512, 16_384) },
      inputs: { x: matrix(1, 256) },
    });
    const large = 512 * 16_384;
    expect(parameters.trained).toBe(256 * 512);
    expect(memory.weights).toEqual({ BF16: 2 * large });
    expect(memory.widened).toBe(4 * large);
    expect(memory.gradients + memory.activations).toBeLessThan(4 * large);
  });

  test('takes a part of the activations for a part of the batch', () => {
    const weights = { first: matrix(256, 512), second: matrix(512, 128) };
    const wide = { x: matrix(4096, 256) };
    const whole = planTraining({ loss: chain, weights, inputs: wide });
    const parts = planTraining({ loss: chain, weights, inputs: wide, microBatches: 8 });
    expect(parts.memory.activations).toBeLessThan(whole.memory.activations / 2);
    expect(parts.flops).toBe(whole.flops);
  });

  test('is refused without a weight to train', () => {
    expect(() =>
      planTraining({
        loss: chain,
        weights: { first: matrix(1, 1) },
        inputs,
        optimizer: { trainable: () => false },
      }),
    ).toThrow(/trainable/);
  });
});
