import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { patchMergerSpecs } from '../families/patch-merger-specs.js';
import { maxDifference, randomTensor } from '../test-support.js';
import { patchMergerTower } from './patch-merger-tower.js';

const config = {
  depth: 2,
  embed_dim: 8,
  num_heads: 2,
  mlp_ratio: 2,
  hidden_size: 6,
  hidden_act: 'quick_gelu',
  patch_size: 2,
  temporal_patch_size: 2,
  spatial_merge_size: 2,
  rope_theta: 10000,
} as const;
const weights = Object.fromEntries(
  patchMergerSpecs(config).map(({ name, shape }, i) => [name, randomTensor(shape, i + 1)]),
);

/** [N, R, C, 4, 24]. */
function patches(count: number, rows: number, columns: number, seed: number): tf.Tensor {
  return randomTensor([count, rows, columns, 4, 24], seed);
}

describe('patchMergerTower', () => {
  it('sees each image by itself, whatever goes along', () => {
    const [a, b] = [patches(1, 2, 3, 1), patches(1, 2, 3, 2)];
    const both = patchMergerTower(weights, config, tf.concat([a, b]));
    expect(both.shape).toEqual([2, 2, 3, 6]);
    const alone = tf.concat([a, b].map((each) => patchMergerTower(weights, config, each)));
    expect(maxDifference(both.dataSync(), alone.dataSync())).toBeLessThan(1e-5);
  });

  it('knows rows from columns', () => {
    const tall = patches(1, 3, 2, 3);
    const [found, turned] = [tall, tf.reshape(tall, [1, 2, 3, 4, 24])].map((each) =>
      patchMergerTower(weights, config, each).dataSync(),
    );
    expect(maxDifference(found ?? [], turned ?? [])).toBeGreaterThan(1e-2);
  });

  it.each([true, 'activations'] as const)('has the same gradient with recompute %s', (recompute) => {
    const gradientOf = (options: object) =>
      tf.tidy(() => {
        const loss = (x: tf.Tensor) => tf.sum(tf.square(patchMergerTower(weights, config, x, options)));
        return tf
          .grad(loss)(patches(1, 1, 2, 4))
          .dataSync();
      });
    const kept = gradientOf({});
    expect(Math.max(...kept)).toBeGreaterThan(0.1);
    expect(maxDifference(gradientOf({ recompute }), kept)).toBeLessThan(1e-4);
  });

  it('refuses patches of another size', () => {
    expect(() => patchMergerTower(weights, config, tf.zeros([1, 2, 2, 4, 12]))).toThrow(
      expect.objectContaining({ code: 'models/bad-shape' }),
    );
  });
});
