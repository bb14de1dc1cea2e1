import * as tf from '@tensorflow/tfjs-core';
import type { BoxUnit } from '@fgam/data';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { regionEmbeddings, textEmbeddings } from './blocks/embeddings.js';
import { visionTower } from './blocks/vision-tower.js';
import { createRegionTextScorer } from './region-text-scorer.js';
import { maxDifference, microConfig, randomWeights, rows, toTensors, uniforms } from './test-support.js';
import { createTokenizer } from './tokenizer.js';
import { withHeads } from './with-heads.js';

const tokenizer = createTokenizer(['a', 'blue', 'circle', 'red', 'square']);
const config = microConfig();
const model = { config, tokenizer, weights: randomWeights(config, 9) };
const scorer = createRegionTextScorer(model, { maxBatch: 4 });
afterAll(() => scorer.dispose());

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

it('is the cosine of region and text embeddings', async () => {
  const texts = ['a red circle', 'blue', 'red square a a', 'a red circle', 'a', 'square', 'circle'];
  const [scores, none] = await scorer.score([
    { image: await png(), boxes: [topLeft, upper], texts },
    { image: await png(), boxes: [], texts: ['a'] },
  ]);
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
  expect(none).toEqual([]);
});

it('computes a text once and gives unit vectors', async () => {
  const [one, again] = await scorer.embedTexts(['a blue square', 'a blue square']);
  expect(again).toBe(one);
  expect((await scorer.embedTexts(['a blue square']))[0]).toBe(one);
  expect(Math.hypot(...(one ?? []))).toBeCloseTo(1, 5);
});

it('refuses texts without words and boxes without area, and stops when aborted', async () => {
  const image = await png();
  await expect(scorer.score([{ image, boxes: [upper], texts: [' '] }])).rejects.toThrow(
    /1 to 512 tokens, got 0/,
  );
  const flat = { ...upper, y1: 0 };
  await expect(scorer.score([{ image, boxes: [flat], texts: ['a'] }])).rejects.toThrow(/box with area/);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(scorer.score([{ image, boxes: [upper], texts: ['a'] }], { signal })).rejects.toThrow('enough');
});

it('reads with a text tower texts as long as its positions, the end included', async () => {
  const tower = { max_position_embeddings: 7, hidden_size: 8, intermediate_size: 8, num_attention_heads: 2 };
  const own = withHeads(model, { text_tower: { ...tower, num_hidden_layers: 1 } }, 3);
  const towered = createRegionTextScorer(own);
  const text = 'a red circle blue square a';
  const [found] = await towered.embedTexts([text]);
  const ids = tokenizer.encode(text);
  expect(ids).toHaveLength(6);
  const alone = textEmbeddings(toTensors(own.weights), own.config, rows([ids]), tf.ones([1, 6]));
  expect(maxDifference(found ?? [], alone.dataSync())).toBeLessThan(1e-5);
  await expect(towered.embedTexts([`${text} red`])).rejects.toThrow(/expected texts of 1 to 6 tokens, got 7/);
  await towered.dispose();
});
