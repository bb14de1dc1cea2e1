import { describe, expect, it } from 'vitest';
import { microConfig } from './test-support.js';
import { checkWeights, createWeights, decaysWeight } from './weights.js';

describe('createWeights', () => {
  it('repeats by seed, and a weight does not depend on the others', () => {
    const [one, again, other] = [1, 1, 2].map((seed) => createWeights(microConfig(), seed));
    expect(again).toEqual(one);
    const name = 'language_model.model.layers.1.mlp.gate_proj.weight';
    expect(other?.[name]).not.toEqual(one?.[name]);
    const deeper = createWeights(
      microConfig({ text_config: { num_hidden_layers: 2 }, vision_config: { num_hidden_layers: 1 } }),
      1,
    );
    expect(deeper[name]).toEqual(one?.[name]);
  });

  it('starts linear maps at the variance of their input width, norms at 1, the logit scale at ln(1 / 0.07)', () => {
    const weights = createWeights(
      microConfig({ text_config: { hidden_size: 64, intermediate_size: 256 } }),
      3,
    );
    const { data } = weights['language_model.model.layers.0.mlp.gate_proj.weight'] ?? { data: [] };
    const variance = Array.from(data).reduce((sum, x) => sum + x * x, 0) / data.length;
    expect(variance * 64).toBeCloseTo(1, 1);
    expect(new Set(weights['language_model.model.norm.weight']?.data)).toEqual(new Set([1]));
    expect(weights['fgam.region_logit_scale']).toMatchObject({ shape: [] });
    expect(weights['fgam.region_logit_scale']?.data[0]).toBeCloseTo(2.6593, 4);
  });
});

describe('checkWeights', () => {
  it('accepts its own weights', () => {
    expect(() => checkWeights(microConfig(), createWeights(microConfig(), 1))).not.toThrow();
  });

  it('lists every missing, extra and misshaped weight at once', () => {
    const weights = Object.fromEntries(
      Object.entries(createWeights(microConfig(), 1)).filter(([name]) => name !== 'fgam.region_logit_scale'),
    );
    const broken = {
      ...weights,
      'fgam.more': { shape: [1], dtype: 'float32' as const, data: new Float32Array(1) },
      'language_model.model.norm.weight': {
        shape: [9],
        dtype: 'float32' as const,
        data: new Float32Array(9),
      },
    };
    expect(() => checkWeights(microConfig(), broken)).toThrow(
      /3 fault\(s\):\n {2}language_model.model.norm.weight: expected float32 \[8\], got float32 \[9\]\n {2}missing fgam.region_logit_scale \[\]\n {2}unexpected fgam.more/,
    );
  });
});

it('decaysWeight is true for matrices of linear maps alone', () => {
  const names = Object.keys(
    createWeights(microConfig({ fgam: { class_token: true, pre_layer_norm: true } }), 1),
  );
  const still = names.filter((name) => !decaysWeight(name));
  expect(still).toContain('language_model.model.embed_tokens.weight');
  expect(still).toContain('vision_tower.vision_model.pre_layrnorm.weight');
  expect(still).toContain('vision_tower.vision_model.embeddings.class_embedding');
  expect(still).toContain('fgam.image_logit_scale');
  expect(
    names.filter(decaysWeight).every((name) => /proj|fc\d|linear_|patch_embedding|projection/.test(name)),
  ).toBe(true);
});
