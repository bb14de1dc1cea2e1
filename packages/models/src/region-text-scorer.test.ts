import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { BoxUnit } from '@fgam/data';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { regionTextScorerContract } from '../../data/src/region-text-scorer-contract.test-support.js';
import { regionEmbeddings, textEmbeddings } from './blocks/embeddings.js';
import { visionTower } from './blocks/vision-tower.js';
import { createRegionTextScorer } from './region-text-scorer.js';
import {
  imageFiles,
  maxDifference,
  microConfig,
  randomWeights,
  rows,
  toTensors,
  uniforms,
} from './test-support.js';
import { createTokenizer } from './tokenizer.js';
import { createVisionReader } from './vision-reader.js';
import { withHeads } from './with-heads.js';

const tokenizer = createTokenizer(['a', 'blue', 'circle', 'red', 'square']);
const config = microConfig();
const model = { config, tokenizer, weights: randomWeights(config, 9) };
const scorer = createRegionTextScorer(model, { maxBatch: 4 });
afterAll(() => scorer.dispose());

const words = (count: number) => Array.from({ length: count }, () => 'a').join(' ');
const uniform = uniforms(1);
const bytes = Uint8Array.from({ length: 192 }, () => Math.floor(256 * uniform()));
const png = async () =>
  new Uint8Array(
    await sharp(bytes, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toBuffer(),
  );
const topLeft: BoxUnit = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
const upper: BoxUnit = { x0: 0, y0: 0, x1: 1, y1: 0.5 };

const turned = await sharp(await png())
  .rotate(90)
  .png()
  .toBuffer();
const images = await imageFiles(await png(), turned);
afterAll(() => rm(dirname(images[0]), { recursive: true }));

const tower = { max_position_embeddings: 7, hidden_size: 8, intermediate_size: 8, num_attention_heads: 2 };
const towered = withHeads(model, { text_tower: { ...tower, num_hidden_layers: 1 } }, 3);
const vision = createVisionReader(model);
afterAll(() => vision.dispose());
const contract = {
  images,
  texts: ['a red circle', 'blue', 'red square a a'],
  badTexts: { ' ': 'models/bad-request', [words(513)]: 'models/bad-request' },
} as const;
regionTextScorerContract("stage 1's model", {
  ...contract,
  make: async () => createRegionTextScorer(model, { maxBatch: 4 }),
});
regionTextScorerContract('a tower that others look through, one text at a time', {
  ...contract,
  make: async () => createRegionTextScorer(model, { maxBatch: 1, textCacheSize: 1, vision }),
});
regionTextScorerContract('a text tower', {
  ...contract,
  make: async () => createRegionTextScorer(towered, { maxBatch: 4, imageCacheBytes: 0 }),
  badTexts: { ' ': 'models/bad-request', [words(7)]: 'models/bad-request' },
});

it('is the cosine of region and text embeddings', async () => {
  const texts = ['a red circle', 'blue', 'red square a a', 'a red circle', 'a', 'square', 'circle'];
  const [scores] = await scorer.score([{ image: await png(), boxes: [topLeft, upper], texts }]);
  const weights = toTensors(model.weights);
  const pixels = tf.tensor4d(
    Float32Array.from(bytes, (x) => x / 127.5 - 1),
    [1, 8, 8, 3],
  );
  const roi = tf.tensor3d([
    [
      [1, 0, 0, 0],
      [0.5, 0.5, 0, 0],
    ],
  ]);
  const regions = regionEmbeddings(weights, config, visionTower(weights, config, pixels), roi);
  for (const [column, text] of texts.entries()) {
    const ids = tokenizer.encode(text);
    const embedding = textEmbeddings(weights, config, rows([ids]), tf.ones([1, ids.length]));
    const expected = tf.matMul(regions as tf.Tensor2D, embedding as tf.Tensor2D, false, true).dataSync();
    expect(maxDifference(scores?.map((row) => row[column] ?? 0) ?? [], expected)).toBeLessThan(1e-4);
  }
});

it('computes a text once and gives unit vectors', async () => {
  const [one, again] = await scorer.embedTexts(['a blue square', 'a blue square']);
  expect(again).toBe(one);
  expect((await scorer.embedTexts(['a blue square']))[0]).toBe(one);
  expect(Math.hypot(...(one ?? []))).toBeCloseTo(1, 5);
});

it('reads with a text tower texts as long as its positions, the end included', async () => {
  const own = createRegionTextScorer(towered);
  const text = 'a red circle blue square a';
  const [found] = await own.embedTexts([text]);
  const ids = tokenizer.encode(text);
  expect(ids).toHaveLength(6);
  const alone = textEmbeddings(toTensors(towered.weights), towered.config, rows([ids]), tf.ones([1, 6]));
  expect(maxDifference(found ?? [], alone.dataSync())).toBeLessThan(1e-5);
  await expect(own.embedTexts([`${text} red`])).rejects.toThrow(/expected texts of 1 to 6 tokens, got 7/);
  await own.dispose();
  await expect(own.embedTexts([text])).rejects.toMatchObject({ code: 'models/disposed' });
});
