import type { Backend, HostTensor, TensorMap, Weights } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { connector } from './blocks/connector.js';
import { conversationHidden } from './blocks/conversation-logits.js';
import { imageEmbeddings, regionEmbeddings, textEmbeddings } from './blocks/embeddings.js';
import { globalImageEmbeddings, globalTextEmbeddings } from './blocks/global-embeddings.js';
import type { LayerOptions } from './blocks/layer.js';
import { tokenLogits } from './blocks/language-model.js';
import { relationLogits } from './blocks/relation-logits.js';
import { visionTower } from './blocks/vision-tower.js';
import type { CompactOverrides } from './compact-config.js';
import type { ModelConfig } from './config.js';
import { type DifferentiatedLoss, differentiated } from './gradients.test-support.js';
import { maxDifference, microConfig, randomTensor, randomWeights, uniforms } from './test-support.js';

const variants: Record<string, CompactOverrides> = {
  'compact form': {
    fgam: {
      connector_merge: 2,
      stem: {
        kind: 'convolution',
        stages: [
          { kernel: 4, stride: 2, width: 4 },
          { kernel: 3, stride: 2, width: 6 },
        ],
      },
    },
  },
  'LLaVA form': {
    text_config: { num_attention_heads: 2, num_key_value_heads: 1, tie_word_embeddings: false },
    vision_config: { hidden_act: 'quick_gelu' },
    fgam: {
      class_token: true,
      pre_layer_norm: true,
      visual_prefix_bidirectional: false,
      text_pooling: 'last',
      relation_features: 'interactive',
    },
  },
  'MiniGPT-4 form': {
    fgam: {
      q_former: {
        num_query_tokens: 3,
        hidden_size: 8,
        intermediate_size: 12,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        cross_attention_frequency: 2,
        layer_norm_eps: 1e-12,
        hidden_act: 'gelu',
      },
    },
  },
  'other heads': {
    fgam: {
      relation_hidden_size: 4,
      relation_features: 'interactive',
      relation_transformer: {
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 6,
        layer_norm_eps: 1e-5,
        hidden_act: 'gelu',
      },
      text_tower: {
        model_type: 'clip_text_model',
        vocab_size: 60,
        hidden_size: 8,
        intermediate_size: 12,
        projection_dim: 6,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        max_position_embeddings: 5,
        layer_norm_eps: 1e-5,
        hidden_act: 'quick_gelu',
        eos_token_id: 1,
      },
      hacl_embed_dim: 5,
    },
  },
};

/** Every output of the model, each times fixed random numbers: a scalar that all weights reach. */
function loss(config: ModelConfig, options: LayerOptions = {}) {
  return (weights: TensorMap, inputs: TensorMap) => {
    const { pixels, inputIds, segmentIds, positions, roiWeights, texts, textMask } = inputs as Record<
      string,
      tf.Tensor
    > &
      Record<
        'pixels' | 'inputIds' | 'segmentIds' | 'positions' | 'roiWeights' | 'texts' | 'textMask',
        tf.Tensor
      >;
    const tokens = visionTower(weights, config, pixels, options);
    const visual = connector(weights, config, tokens);
    const packed = { inputIds, segmentIds, positions };
    const hidden = conversationHidden(weights, config, visual, packed, { blockLength: 4, ...options });
    const regions = regionEmbeddings(weights, config, tokens, roiWeights);
    const outputs = {
      logits: tokenLogits(weights, config, hidden),
      regions,
      images: imageEmbeddings(weights, tokens),
      texts: textEmbeddings(weights, config, texts, textMask, options),
      relations: relationLogits(weights, config, regions, 2),
      ...(config.fgam.hacl_embed_dim === undefined
        ? {}
        : {
            seen: globalImageEmbeddings(weights, config, visual, {
              endId: 1,
              isBidirectional: true,
              ...options,
            }),
            said: globalTextEmbeddings(weights, config, texts, textMask, { endId: 1, ...options }),
          }),
    };
    const parts = Object.fromEntries(
      Object.entries(outputs).map(([name, output], i) => [
        name,
        tf.mean<tf.Scalar>(tf.mul(output, tf.mul(randomTensor(output.shape, i), 3))),
      ]),
    );
    return { total: tf.addN<tf.Scalar>(Object.values(parts)), ...parts };
  };
}

const inputs: Record<string, HostTensor> = {
  pixels: { shape: [1, 8, 8, 3], dtype: 'float32', data: randomTensor([192], 8).dataSync() as Float32Array },
  inputIds: { shape: [1, 8], dtype: 'int32', data: Int32Array.of(41, 42, 43, 0, 44, 45, 46, 47) },
  segmentIds: { shape: [1, 8], dtype: 'int32', data: Int32Array.of(1, 1, 1, 0, 2, 2, 3, 3) },
  positions: { shape: [1, 8], dtype: 'int32', data: Int32Array.of(0, 1, 2, 0, 0, 1, 0, 1) },
  roiWeights: { shape: [1, 2, 4], dtype: 'float32', data: Float32Array.of(1, 0, 0, 0, 0.2, 0.3, 0.1, 0.4) },
  texts: { shape: [2, 4], dtype: 'int32', data: Int32Array.of(41, 42, 43, 0, 50, 51, 52, 53) },
  textMask: { shape: [2, 4], dtype: 'float32', data: Float32Array.of(1, 1, 1, 0, 1, 1, 1, 1) },
};

function withoutScales(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.endsWith('logit_scale')));
}

/** A norm of queries as small as they start is too curved for a finite difference. */
function withLargeQueries(weights: Weights): Weights {
  const { query_tokens: queries } = weights;
  if (queries === undefined) return weights;
  const data = Float32Array.from(queries.data, (x) => 10 * x);
  return { ...weights, query_tokens: { ...queries, dtype: 'float32', data } };
}

describe.each(Object.entries(variants))('gradient of the whole model, %s', (_, overrides) => {
  const config = microConfig(overrides);
  const weights = withLargeQueries(withoutScales(randomWeights(config, 4)));

  const lossOn = (backend: Backend, options?: LayerOptions): DifferentiatedLoss =>
    differentiated(loss(config, options), { weights, backend });
  const gradientsOn = async (backend: Backend, options?: LayerOptions): Promise<Weights> => {
    const differentiable = lossOn(backend, options);
    const { gradients } = await differentiable.gradients(inputs);
    await differentiable.dispose();
    return gradients;
  };
  /** With activations that are kept. */
  const kept = new Map<Backend, Weights>();
  beforeAll(async () => {
    for (const backend of ['ort-cpu', 'tfjs-cpu'] as const) kept.set(backend, await gradientsOn(backend));
  });
  const keptOn = (backend: Backend): Weights => kept.get(backend) ?? {};

  it('captured equals finite differences for every weight', async () => {
    const differentiable = lossOn('ort-cpu');
    const uniform = uniforms(5);
    const wrong: string[] = [];
    for (const [name, { data }] of Object.entries(weights)) {
      const direction = Float32Array.from(data, () => uniform() - 0.5);
      const length = Math.hypot(...direction);
      const numeric = await differentiable.slope(inputs, { name, direction, epsilon: 0.004 });
      const g = keptOn('ort-cpu')[name]?.data ?? [];
      const exact = direction.reduce((sum, u, i) => sum + (u * (g[i] ?? Number.NaN)) / length, 0);
      if (!(Math.abs(numeric - exact) < 3e-4 + 0.015 * Math.abs(exact))) {
        wrong.push(`${name}: ${numeric} against ${exact}`);
      }
    }
    expect(wrong).toEqual([]);
    await differentiable.dispose();
  });

  it('is the same captured and eager', () => {
    for (const [name, { data }] of Object.entries(keptOn('ort-cpu'))) {
      expect(maxDifference(keptOn('tfjs-cpu')[name]?.data ?? [], data)).toBeLessThan(1e-4);
    }
  });

  it.each([
    ['ort-cpu', true],
    ['ort-cpu', 'activations'],
    ['tfjs-cpu', true],
    ['tfjs-cpu', 'activations'],
  ] as const)(
    'is the same with activations computed again, on %s, recompute %s',
    async (backend, recompute) => {
      const again = await gradientsOn(backend, { recompute });
      expect(Object.keys(again)).toEqual(Object.keys(weights));
      for (const [name, { data }] of Object.entries(keptOn(backend))) {
        expect(maxDifference(again[name]?.data ?? [], data)).toBeLessThan(1e-5);
      }
    },
  );
});
