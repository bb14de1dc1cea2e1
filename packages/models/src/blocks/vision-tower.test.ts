import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { CompactOverrides } from '../compact-config.js';
import { maxDifference, microConfig, randomTensor, randomWeights, toTensors } from '../test-support.js';
import { checkConfig } from '../config-check.js';
import { visionGrid } from '../vision-grid.js';
import { connector } from './connector.js';
import { visionTower } from './vision-tower.js';

const stems: Record<string, NonNullable<CompactOverrides['fgam']>['stem'] & {}> = {
  patch: { kind: 'patch' },
  hierarchical: {
    kind: 'hierarchical',
    stages: [
      { merge: 2, width: 4 },
      { merge: 2, width: 6 },
    ],
  },
  convolution: {
    kind: 'convolution',
    stages: [
      { kernel: 3, stride: 2, width: 4 },
      { kernel: 4, stride: 2, width: 6 },
    ],
  },
};

describe.each(Object.entries(stems))('visionTower with the %s stem', (_, stem) => {
  const config = microConfig({ fgam: { stem, connector_merge: 2 } });
  const weights = toTensors(randomWeights(config, 1));
  const pixels = randomTensor([2, 8, 8, 3], 2);

  it('gives one token a patch, row by row, and keeps images apart', () => {
    const tokens = visionTower(weights, config, pixels);
    expect(tokens.shape).toEqual([2, 4, 8]);
    const second = visionTower(weights, config, tf.slice(pixels, [1, 0, 0, 0], [1, 8, 8, 3]));
    expect(maxDifference(tokens.dataSync().slice(32), second.dataSync())).toBeLessThan(1e-5);
    expect(connector(weights, config, tokens).shape).toEqual([2, 1, 8]);
  });
});

describe('visionTower', () => {
  it('drops the class token and stops at vision_feature_layer', () => {
    const config = microConfig({ fgam: { class_token: true, pre_layer_norm: true, post_layer_norm: false } });
    const weights = toTensors(randomWeights(config, 1));
    const pixels = randomTensor([1, 8, 8, 3], 2);
    expect(visionTower(weights, config, pixels).shape).toEqual([1, 4, 8]);
    const withoutLast = Object.fromEntries(
      Object.entries(weights).filter(([name]) => !name.includes('encoder.layers.1')),
    );
    const penultimate = { ...config, vision_feature_layer: -2 };
    expect(visionTower(withoutLast, penultimate, pixels).shape).toEqual([1, 4, 8]);
    expect(() => visionTower(withoutLast, config, pixels)).toThrow(/encoder.layers.1/);
  });

  it('keeps the class token where all is selected, which counts as a visual token', () => {
    const all = { vision_feature_select_strategy: 'full' } as const;
    const config = { ...microConfig({ fgam: { class_token: true, connector_merge: 1 } }), ...all };
    const weights = toTensors(randomWeights(config, 1));
    const tokens = visionTower(weights, config, randomTensor([1, 8, 8, 3], 2));
    expect(tokens.shape).toEqual([1, 5, 8]);
    expect(connector(weights, config, tokens).shape).toEqual([1, visionGrid(config).visualTokens, 8]);
    const merged = { ...config, fgam: { ...config.fgam, connector_merge: 2 as const } };
    expect(checkConfig(merged).join()).toContain('connector_merge: expected 1');
  });

  it('refuses pixels of another size', () => {
    const config = microConfig();
    expect(() => visionTower({}, config, tf.zeros([1, 9, 8, 3]))).toThrow(
      /pixels: expected shape \[any, 8, 8, 3\], got \[1, 9, 8, 3\]/,
    );
  });
});

describe('connector', () => {
  it('with merge 2 joins neighbours of the grid: row by row, left to right', () => {
    const config = microConfig({
      vision_config: { image_size: 16, hidden_size: 2, intermediate_size: 2 },
      fgam: { connector_merge: 2 },
    });
    const weights = { ...toTensors(randomWeights(config, 1)) };
    // First layer picks the first channel of each of the four joined tokens, scaled up so that GELU is the identity.
    const pick = tf.buffer([8, 8]);
    for (let i = 0; i < 4; i++) pick.set(1, i, 2 * i);
    weights['multi_modal_projector.linear_1.weight'] = pick.toTensor();
    weights['multi_modal_projector.linear_1.bias'] = tf.zeros([8]);
    weights['multi_modal_projector.linear_2.weight'] = tf.eye(8);
    weights['multi_modal_projector.linear_2.bias'] = tf.zeros([8]);
    const numbers = Array.from({ length: 16 }, (_, token) => [100 + token, -1]);
    const visual = connector(weights, config, tf.tensor3d([numbers]));
    const rows = visual.arraySync() as number[][][];
    expect(rows[0]?.map((row) => row.slice(0, 4).map(Math.round))).toEqual([
      [100, 101, 104, 105],
      [102, 103, 106, 107],
      [108, 109, 112, 113],
      [110, 111, 114, 115],
    ]);
  });
});
