import { type Backend, createTrainingStep, type HostTensor, type Weights } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { qFormerSpecs } from '../families/q-former-specs.js';
import { parseQFormerConfig } from '../q-former-config.js';
import { weightOf } from '../tensors.js';
import { maxDifference, randomTensor, uniforms } from '../test-support.js';
import { evaTower } from './eva-tower.js';
import type { LayerOptions } from './layer.js';
import { linear } from './linear.js';
import { qFormer } from './q-former.js';

const config = parseQFormerConfig(
  {
    vision_config: {
      image_size: 8,
      patch_size: 4,
      hidden_size: 6,
      intermediate_size: 10,
      num_hidden_layers: 1,
      num_attention_heads: 2,
    },
    qformer_config: {
      vocab_size: 20,
      hidden_size: 8,
      intermediate_size: 12,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      max_position_embeddings: 6,
    },
    text_config: {
      model_type: 'llama',
      vocab_size: 9,
      hidden_size: 8,
      intermediate_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
    },
    num_query_tokens: 3,
    image_token_index: 8,
  },
  'instructblip',
);

/** Everything in the vision side random, norms and biases too, so that no gradient is right because of a 1 or a 0. */
const uniform = uniforms(3);
const weights: Weights = Object.fromEntries(
  qFormerSpecs(config, true)
    .filter(({ name }) => !name.startsWith('language_model.'))
    // The text's feed-forward of the last layer reaches nothing.
    .filter(({ name }) => !/layer\.1\.(intermediate|output)\./.test(name))
    .map(({ name, shape, init }) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const middle = 'value' in init ? init.value : 0;
      return [name, { shape, dtype: 'float32', data: data.map(() => middle + 1.2 * (uniform() - 0.5)) }];
    }),
);

const inputs: Record<string, HostTensor> = {
  pixels: { shape: [2, 8, 8, 3], dtype: 'float32', data: randomTensor([384], 8).dataSync() as Float32Array },
  ids: { shape: [2, 4], dtype: 'int32', data: Int32Array.of(3, 4, 5, 0, 6, 7, 8, 9) },
  mask: { shape: [2, 4], dtype: 'float32', data: Float32Array.of(1, 1, 1, 0, 1, 1, 1, 1) },
};

/**
 * Visual tokens times fixed random numbers. Without decay, momentum and clipping the first moment after
 * one step is the gradient.
 */
async function gradientOn(backend: Backend, options: LayerOptions = {}) {
  const step = createTrainingStep({
    loss: (given, read) => {
      const image = evaTower(given, config, weightOf(read, 'pixels'), options);
      const text = { ids: weightOf(read, 'ids'), mask: weightOf(read, 'mask') };
      const visual = linear(given, 'language_projection', qFormer(given, config, image, text));
      return { total: tf.mean<tf.Scalar>(tf.mul(visual, tf.mul(randomTensor(visual.shape, 1), 3))) };
    },
    weights,
    optimizer: { beta1: 0, beta2: 0.999, clipNorm: 1e9, weightDecay: 0 },
    backend,
  });
  const start = await step.state();
  await step.run(inputs, { learningRate: 0 });
  return { step, start, gradient: (await step.state()).firstMoment };
}

describe('gradient of EVA’s tower and the Q-Former', () => {
  it('captured equals finite differences for every weight', async () => {
    const { step, start, gradient } = await gradientOn('ort-cpu');
    const epsilon = 0.004;
    const wrong: string[] = [];
    for (const [name, { shape, data }] of Object.entries(weights)) {
      const direction = Float32Array.from(data, () => uniform() - 0.5);
      const length = Math.hypot(...direction);
      const at = async (sign: number) => {
        const moved = Float32Array.from(data, (x, i) => x + (sign * epsilon * (direction[i] ?? 0)) / length);
        await step.load({
          ...start,
          weights: { ...weights, [name]: { shape, dtype: 'float32', data: moved } },
        });
        return (await step.run(inputs, { learningRate: 0 })).loss;
      };
      const numeric = ((await at(1)) - (await at(-1))) / (2 * epsilon);
      const g = gradient[name]?.data ?? [];
      const exact = direction.reduce((sum, u, i) => sum + (u * (g[i] ?? Number.NaN)) / length, 0);
      if (!(Math.abs(numeric - exact) < 3e-4 + 0.015 * Math.abs(exact)))
        wrong.push(`${name}: ${numeric} against ${exact}`);
    }
    expect(wrong).toEqual([]);
    await step.dispose();
  });

  it('is the same eager, and with activations computed again', async () => {
    const kept = await gradientOn('ort-cpu');
    const others = [
      await gradientOn('tfjs-cpu'),
      await gradientOn('ort-cpu', { recompute: true }),
      await gradientOn('ort-cpu', { recompute: 'activations' }),
    ];
    for (const { step, gradient } of others) {
      expect(Object.keys(gradient).sort()).toEqual(Object.keys(kept.gradient).sort());
      for (const [name, { data }] of Object.entries(kept.gradient))
        expect(maxDifference(gradient[name]?.data ?? [], data)).toBeLessThan(1e-4);
      await step.dispose();
    }
    await kept.step.dispose();
  });
});

describe('evaTower', () => {
  it('refuses pixels of another size', () => {
    expect(() => evaTower({}, config, randomTensor([1, 4, 8, 3], 1))).toThrow(
      'evaTower: pixels: expected shape [any, 8, 8, 3], got [1, 4, 8, 3]',
    );
  });
});
