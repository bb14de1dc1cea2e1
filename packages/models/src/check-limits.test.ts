import { describe, expect, it } from 'vitest';
import { loadPretrained } from './checkpoint/load-pretrained.js';
import { readTinyCheckpoint } from './families/tiny-checkpoint.test-support.js';
import { createGenerator } from './generation/generator.js';
import { createPretrainedGenerator } from './generation/pretrained-generator.js';
import { createRegionTextScorer } from './region-text-scorer.js';
import { microConfig, randomWeights } from './test-support.js';
import { createTokenizer } from './tokenizer.js';

const config = microConfig();
const model = { config, tokenizer: createTokenizer(['red']), weights: randomWeights(config, 9) };

describe('checkLimits', () => {
  it('lists what no model could work with, before anything is captured', async () => {
    const { folder } = await readTinyCheckpoint('tiny-llava');
    const pretrained = await loadPretrained(folder);
    // With no request in a batch a call would never end.
    const wrong = { maxBatch: 0, imageCacheBytes: -1, promptCacheBytes: Number.NaN };
    const expected =
      /maxBatch.* from 1, got 0; .*imageCacheBytes.* from 0, got -1; .*promptCacheBytes.*got NaN/;
    expect(() => createGenerator(model, wrong)).toThrow(expected);
    expect(() => createPretrainedGenerator(pretrained, wrong)).toThrow(expected);
    expect(() => createGenerator(model, { maxBatch: 1.5 })).toThrow(/^createGenerator: expected maxBatch/);
    expect(() =>
      createRegionTextScorer(model, { maxBatch: 0, textCacheSize: 0, imageCacheBytes: 0.5 }),
    ).toThrow(/maxBatch.*textCacheSize.*imageCacheBytes/);
  });

  it('lets models keep nothing', async () => {
    const { folder, cases } = await readTinyCheckpoint('tiny-instructblip');
    const [first] = Object.values(cases).filter(({ images }) => images.length === 1);
    const image = `${folder}/${first?.images[0]}`;
    const request = { prompt: first?.prompt ?? '', image, maxTokens: 3 };
    const generator = createPretrainedGenerator(await loadPretrained(folder), {
      imageCacheBytes: 0,
      promptCacheBytes: 0,
    });
    for (let turn = 0; turn < 2; turn++) {
      const [found] = await generator.generate([request]);
      expect(found?.tokens).toEqual(first?.tokens.slice(0, 3));
    }
    await generator.dispose();
  });
});
