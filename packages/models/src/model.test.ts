import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkModel, type FgamModel, loadModel, saveModel } from './model.js';
import { maxDifference, microConfig, randomWeights } from './test-support.js';
import { createTokenizer } from './tokenizer.js';

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
      /embed_tokens.weight: expected \[60, 16\], got \[60, 8\]/,
    );
  });
});

describe('checkModel', () => {
  it('refuses a tokenizer that has more tokens than the embedding or another <image>', () => {
    const small = microConfig({ text_config: { vocab_size: 42 } });
    expect(() => checkModel({ ...model, config: small, weights: randomWeights(small, 1) })).toThrow(
      /at most text_config.vocab_size 42 tokens, the tokenizer has 43/,
    );
    expect(() => checkModel({ ...model, config: { ...config, image_token_index: 5 } })).toThrow(
      /image_token_index 5/,
    );
  });
});
