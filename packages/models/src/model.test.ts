import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkModel, type FgamModel, loadModel, saveModel } from './model.js';
import { maxDifference, microConfig, randomWeights } from './test-support.js';
import { createTokenizer } from './tokenizer.js';
import { withHeads } from './with-heads.js';

const config = microConfig();
const model: FgamModel = {
  config,
  tokenizer: createTokenizer(['is', 'it', 'red']),
  weights: randomWeights(config, 1),
};
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('saveModel and loadModel', () => {
  it('are inverse, bit for bit', async () => {
    await saveModel(join(folder, 'new', 'model'), model);
    const loaded = await loadModel(join(folder, 'new', 'model'));
    expect(loaded.config).toEqual(model.config);
    expect(loaded.tokenizer.json).toEqual(model.tokenizer.json);
    for (const [name, { shape, data }] of Object.entries(model.weights)) {
      expect(loaded.weights[name]?.shape).toEqual(shape);
      expect(maxDifference(loaded.weights[name]?.data ?? [], data)).toBe(0);
    }
    expect((await readdir(join(folder, 'new', 'model'))).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
  });

  it('with F16 keep about three digits', async () => {
    await saveModel(folder, model, { dtype: 'F16' });
    const { weights } = await loadModel(folder);
    for (const [name, { data }] of Object.entries(model.weights)) {
      expect(weights[name]?.dtype).toBe('float32');
      const largest = Math.max(...Array.from(data, Math.abs));
      expect(maxDifference(weights[name]?.data ?? [], data)).toBeLessThanOrEqual(largest * 2 ** -11);
    }
  });

  it('name the file that is missing or broken', async () => {
    await expect(loadModel(folder)).rejects.toThrow(/readable file .*config\.json/);
    await saveModel(folder, model);
    await writeFile(join(folder, 'config.json'), '{"model_type": ');
    await expect(loadModel(folder)).rejects.toThrow(/expected JSON in .*config\.json/);
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify(microConfig({ text_config: { hidden_size: 16 } })),
    );
    await expect(loadModel(folder)).rejects.toThrow(
      /found 25 fault\(s\)[^]*embed_tokens.weight: expected float32 \[60, 16\], got float32 \[60, 8\]/,
    );
  });
});

describe('checkModel', () => {
  it('lists every way in which weights and tokenizer disagree with the config', () => {
    const small = microConfig({ text_config: { vocab_size: 42 } });
    const weights = Object.fromEntries(
      Object.entries(randomWeights(small, 1)).filter(([name]) => name !== 'fgam.region_logit_scale'),
    );
    const wrong = { ...model, config: { ...small, image_token_index: 5 }, weights };
    const said = [
      'found 3 fault(s)',
      'missing fgam.region_logit_scale []',
      'tokenizer.json: expected at most text_config.vocab_size 42 tokens, got 43',
      'tokenizer.json: expected <image> to be image_token_index 5, got ',
    ];
    for (const part of said) expect(() => checkModel(wrong)).toThrow(part);
    expect(() => checkModel(wrong)).toThrow(expect.objectContaining({ code: 'models/bad-weights' }));
    expect(() => checkModel({ ...model, config: { ...config, image_token_index: 5 } })).toThrow(
      expect.objectContaining({ code: 'models/bad-tokenizer' }),
    );
  });

  it('refuses a text tower whose texts end with another token than the tokenizer’s', () => {
    const tower = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
    const towered = withHeads(model, { text_tower: { ...tower, eos_token_id: 7 } }, 1);
    expect(() => checkModel(towered)).toThrow(/expected <eos> to be fgam\.text_tower\.eos_token_id 7, got /);
  });

  it('refuses a file that is cut short', async () => {
    await saveModel(folder, model);
    await truncate(join(folder, 'model.safetensors'), 4000);
    await expect(loadModel(folder)).rejects.toThrow(/truncated/);
  });
});
