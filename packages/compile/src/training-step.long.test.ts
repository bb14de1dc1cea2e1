import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { collectGarbage } from './collect-garbage.test-support.js';
import { createTrainingStep } from './training-step.js';
import type { HostTensor } from './tensors.js';

const STEPS = 10_000;
/**
 * What the process may hold more after the last thousand steps than after the second: what an
 * allocator's heap may grow by once.
 */
const ALLOWED_BYTES = 8e6;

function matrix(rows: number, columns: number, seed: number): HostTensor {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + i));
  return { shape: [rows, columns], dtype: 'float32', data };
}

test('ten thousand steps hold no tensors and no memory of their own', async () => {
  await tf.setBackend('cpu');
  const step = createTrainingStep({
    weights: { w: matrix(64, 64, 1), v: matrix(64, 8, 2) },
    loss: ({ w, v }, { x, y }) => {
      const hidden = tf.relu(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
      return {
        total: tf.mean(tf.square(tf.sub(tf.matMul(hidden as tf.Tensor2D, v as tf.Tensor2D), y as tf.Tensor))),
      };
    },
    optimizer: { clipNorm: 1, weightDecay: 0.1 },
  });
  const resident: number[] = [];
  const tensors = new Set<number>();
  for (let done = 1; done <= STEPS; done++) {
    const { loss } = await step.run(
      { x: matrix(16, 64, done), y: matrix(16, 8, 3 * done) },
      { learningRate: 1e-3 },
    );
    expect(loss).toBeGreaterThan(0);
    if (done % 1000 === 0) {
      collectGarbage();
      resident.push(process.memoryUsage().rss);
      tensors.add(tf.memory().numTensors);
    }
  }
  await step.dispose();
  console.log(
    'resident MB after each thousand steps:',
    resident.map((bytes) => Math.round(bytes / 1e6)).join(' '),
  );
  expect(tensors.size).toBe(1);
  expect((resident.at(-1) ?? 0) - (resident[1] ?? 0)).toBeLessThan(ALLOWED_BYTES);
}, 600_000);
