import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTrainingStep,
  dequantized,
  type HostTensor,
  type QuantizedMatrix,
  type Weights,
} from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { answerBatch } from '../families/answer-batch.js';
import { hiddenStates } from '../families/hidden-states.test-support.js';
import { pretrainedLogits } from '../families/pretrained-logits.js';
import { imagesOf, readTinyCheckpoint, TINY_CHECKPOINTS } from '../families/tiny-checkpoint.test-support.js';
import { createGenerator } from '../generation/generator.js';
import { createPretrainedGenerator } from '../generation/pretrained-generator.js';
import { createAdapter } from '../lora/adapter.js';
import { mergeAdapter } from '../lora/merge-adapter.js';
import { withAdapter } from '../lora/with-adapter.js';
import { loadModel, saveModel } from '../model.js';
import { maxDifference, microConfig, randomWeights } from '../test-support.js';
import { createRegionTextScorer } from '../region-text-scorer.js';
import { createTokenizer } from '../tokenizer.js';
import { loadPretrained, type PretrainedModel } from './load-pretrained.js';
import type { WeightSpec } from '../weight-specs.js';
import { quantizeWeights } from './quantize-weights.js';
import { savePretrained } from './save-pretrained.js';

/** The model with what its matrices in 8 bits stand for, in float32. */
function widened(model: PretrainedModel): PretrainedModel {
  const matrices = Object.entries(model.quantized ?? {});
  const weights: Weights = {
    ...model.weights,
    ...Object.fromEntries(matrices.map(([name, matrix]) => [name, dequantized(matrix)])),
  };
  return { ...model, weights, quantized: undefined };
}

function rootMeanSquare(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values, (x) => x * x).reduce((sum, x) => sum + x, 0) / values.length);
}

/** Mean error of logits, relative to their size. */
function relativeError(found: ArrayLike<number>, exact: ArrayLike<number>): number {
  return rootMeanSquare(Array.from(exact, (x, i) => x - (found[i] ?? Number.NaN))) / rootMeanSquare(exact);
}

describe.each(TINY_CHECKPOINTS)('%s in 8 bits', (name) => {
  it('has the logits of the dequantised weights, near those of float32', async () => {
    const tiny = await readTinyCheckpoint(name);
    const names = Object.keys(tiny.cases);
    const model = await loadPretrained(tiny.folder, { weights: 'int8' });
    const found = (await hiddenStates(model, tiny, names))['logits']?.data ?? [];
    const wide = (await hiddenStates(widened(model), tiny, names))['logits']?.data ?? [];
    const exact = (await hiddenStates(await loadPretrained(tiny.folder), tiny, names))['logits']?.data ?? [];
    expect(maxDifference(found, wide)).toBeLessThan(1e-4);
    const error = relativeError(found, exact);
    // 0.02 to 0.03 of the logits' size; that of no model is 0.
    expect(error).toBeLessThan(0.05);
    expect(error).toBeGreaterThan(1e-3);
  });

  it('decodes what float32 does, as long as it has chosen the same: log-probabilities within 0.3', async () => {
    const tiny = await readTinyCheckpoint(name);
    const model = await loadPretrained(tiny.folder, { weights: 'int8' });
    const generator = createPretrainedGenerator(model);
    const cases = Object.values(tiny.cases);
    const requests = cases.map((each) => ({
      prompt: each.prompt,
      images: imagesOf(tiny, each),
      maxTokens: 12,
    }));
    const found = await generator.generate(requests);
    await generator.dispose();
    let same = 0;
    for (const [i, { tokens, logprobs }] of cases.entries()) {
      const other = tokens.findIndex((token, t) => token !== found[i]?.tokens[t]);
      const count = other === -1 ? tokens.length : other;
      same += count;
      expect(maxDifference(found[i]?.logprobs.slice(0, count) ?? [], logprobs.slice(0, count))).toBeLessThan(
        0.3,
      );
    }
    // 21 to 48 tokens of 43 to 48, the four cases together.
    expect(same).toBeGreaterThan(12);
  });
});

describe('a model in 8 bits', () => {
  it('keeps what is multiplied side by side in one piece, embeddings and norms in float32', async () => {
    const { folder } = await readTinyCheckpoint('tiny-llava');
    const { quantized = {}, weights, family } = await loadPretrained(folder, { weights: 'int8' });
    const layers = family.config.text_config.num_hidden_layers;
    expect(Object.keys(quantized)).toHaveLength(7 * layers + 1);
    expect(Object.keys(weights).length + Object.keys(quantized).length).toBe(family.weightSpecs.length);
    expect(weights['language_model.model.embed_tokens.weight']?.dtype).toBe('float32');
    const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map(
      (part) => quantized[`language_model.model.layers.1.self_attn.${part}.weight`] as QuantizedMatrix,
    );
    expect(k?.codes.byteOffset).toBe((q?.codes.byteOffset ?? 0) + (q?.codes.byteLength ?? 0));
    expect(v?.scales.byteOffset).toBe((k?.scales.byteOffset ?? 0) + (k?.scales.byteLength ?? 0));
    expect(v?.codes.buffer).toBe(q?.codes.buffer);
  });

  it('is not made of a weight without a number, which is named', async () => {
    const specs: WeightSpec[] = ['up_proj', 'gate_proj'].map((part) => ({
      name: `language_model.model.layers.0.mlp.${part}.weight`,
      shape: [2, 3],
      init: { value: 0 },
    }));
    const read = async (name: string): Promise<HostTensor> => ({
      shape: [2, 3],
      dtype: 'float32',
      data: new Float32Array(6).fill(name.includes('gate') ? Number.NaN : 1),
    });
    await expect(quantizeWeights(specs, microConfig(), read)).rejects.toThrow(
      /language_model\.model\.layers\.0\.mlp\.gate_proj\.weight.*NaN/,
    );
  });

  it('has a head of its own where that is the embedding table', async () => {
    const { folder } = await readTinyCheckpoint('tiny-qwen2-vl');
    const { quantized = {}, weights, family } = await loadPretrained(folder, { weights: 'int8' });
    expect(family.config.text_config.tie_word_embeddings).toBe(true);
    const table = weights['language_model.model.embed_tokens.weight'];
    const head = quantized['language_model.lm_head.weight'];
    expect(head?.shape).toEqual(table?.shape);
  });

  it('can have an adapter beside its weights, but not merged; is not saved, and not trained', async () => {
    const { folder } = await readTinyCheckpoint('tiny-llava');
    const model = await loadPretrained(folder, { weights: 'int8' });
    const fresh = createAdapter(model.family, { rank: 2 });
    // B begins as zero, with which an adapter says nothing.
    const adapter = {
      ...fresh,
      weights: Object.fromEntries(
        Object.entries(fresh.weights).map(([name, { shape, data }]): [string, HostTensor] => [
          name,
          {
            shape,
            dtype: 'float32',
            data: Float32Array.from(data, (_, i) => 0.2 * Math.sin(i + name.length)),
          },
        ]),
      ),
    };
    const said = [];
    for (const each of [model, withAdapter(model, adapter), mergeAdapter(widened(model), adapter)]) {
      const generator = createPretrainedGenerator(each);
      const [found] = await generator.generate([{ prompt: 'USER: Is it?', maxTokens: 3 }]);
      said.push(found);
      await generator.dispose();
    }
    const [bare, adapted, merged] = said;
    expect(adapted?.tokens).toEqual(merged?.tokens);
    expect(adapted?.tokens).not.toEqual(bare?.tokens);
    // The first token is of the prompt's pass, whose activations are float32.
    expect(Math.abs((adapted?.logprobs[0] ?? 0) - (merged?.logprobs[0] ?? 1))).toBeLessThan(1e-4);
    expect(maxDifference(adapted?.logprobs ?? [], merged?.logprobs ?? [])).toBeLessThan(0.3);
    expect(() => mergeAdapter(model, adapter)).toThrow(/weights 'memory'/);
    await expect(savePretrained(join(tmpdir(), 'never'), model)).rejects.toThrow(
      /got a model in 8 bits; load it with weights 'memory'/,
    );
    // What a training step is given: the weights, without those in 8 bits.
    const step = createTrainingStep({
      weights: model.weights,
      loss: (own, inputs) => ({ total: tf.mean(pretrainedLogits(model.family, own, inputs)) }),
    });
    const { ids, slots, positions } = answerBatch([{ promptIds: [1, 5], answerIds: [7] }], {
      imageTokenId: model.family.imageTokenId,
    });
    await expect(step.run({ ids, slots, positions }, { learningRate: 1 })).rejects.toThrow(
      /8 bits can generate, not be trained/,
    );
    await step.dispose();
  });
});

describe('a compact model in 8 bits', () => {
  it('answers near its float32 self, and is not saved', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'int8-'));
    try {
      const config = microConfig();
      const tokenizer = createTokenizer(['is', 'it', 'red']);
      await saveModel(folder, { config, tokenizer, weights: randomWeights(config, 3) });
      const logprobs = [];
      for (const weights of ['memory', 'int8'] as const) {
        const generator = createGenerator(await loadModel(folder, { weights }));
        const [found] = await generator.generate([{ prompt: 'is it red', maxTokens: 2 }]);
        await generator.dispose();
        logprobs.push(found?.logprobs ?? []);
      }
      const [exact = [], rounded = []] = logprobs;
      const difference = maxDifference(exact, rounded);
      expect(difference).toBeLessThan(0.3);
      expect(difference).toBeGreaterThan(0);
      const model = await loadModel(folder, { weights: 'int8' });
      await expect(saveModel(folder, model)).rejects.toThrow(/got a model in 8 bits/);
      expect(() => createRegionTextScorer(model)).toThrow(/createRegionTextScorer: .* in 8 bits/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
