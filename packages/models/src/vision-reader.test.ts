import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { createGenerator } from './generation/generator.js';
import { createRegionTextScorer } from './region-text-scorer.js';
import { maxDifference, microConfig, randomWeights, uniforms } from './test-support.js';
import { createTokenizer } from './tokenizer.js';
import { createVisionReader } from './vision-reader.js';

const tokenizer = createTokenizer(['a', 'blue', 'circle', 'red', 'square']);
const config = microConfig();
const model = { config, tokenizer, weights: randomWeights(config, 9) };
/** Trained on from the model with its tower frozen: other weights but those of the tower. */
const module = {
  ...model,
  weights: Object.fromEntries(
    Object.entries(randomWeights(config, 10)).map(([name, weight]) => [
      name,
      name.startsWith('vision_tower.') ? structuredClone(model.weights[name] ?? weight) : weight,
    ]),
  ),
};
const vision = createVisionReader(model);
afterAll(() => vision.dispose());

const uniform = uniforms(2);
const images = await Promise.all(
  [0, 1].map(() => {
    const bytes = Uint8Array.from({ length: 192 }, () => Math.floor(256 * uniform()));
    return sharp(bytes, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toBuffer();
  }),
);

it('serves generators and scorers of the same tower, which say what they say without it', async () => {
  const requests = images.map((image) => ({ image, prompt: 'a red circle', maxTokens: 6 }));
  const box = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
  for (const each of [model, module]) {
    const [alone, sharing] = [createGenerator(each), createGenerator(each, { vision })];
    const [wanted, found] = [await alone.generate(requests), await sharing.generate(requests)];
    for (const [i, { tokens, logprobs }] of wanted.entries()) {
      expect(found[i]?.tokens).toEqual(tokens);
      expect(maxDifference(found[i]?.logprobs ?? [], logprobs)).toBeLessThan(1e-5);
    }
    await Promise.all([alone.dispose(), sharing.dispose()]);
  }
  const [alone, sharing] = [createRegionTextScorer(model), createRegionTextScorer(model, { vision })];
  const asked = images.map((image) => ({ image, boxes: [box], texts: ['a blue square', 'red'] }));
  expect(await sharing.score(asked)).toEqual(await alone.score(asked));
  await Promise.all([alone.dispose(), sharing.dispose()]);
  // Whoever shares it does not free it.
  const [first, second] = await vision.of([...images].reverse());
  expect(await vision.of(images)).toEqual([second, first]);
  expect((await vision.of(images))[0]).toBe(second);
});

it('is refused by a model with another tower', () => {
  expect(vision.isOf(module)).toBe(true);
  const tower = 'vision_tower.vision_model.post_layernorm.bias';
  const [first = 0, ...rest] = model.weights[tower]?.data ?? [];
  const moved = {
    shape: [rest.length + 1],
    dtype: 'float32' as const,
    data: Float32Array.of(first + 1e-3, ...rest),
  };
  const other = { ...model, weights: { ...model.weights, [tower]: moved } };
  expect(vision.isOf(other)).toBe(false);
  expect(() => createGenerator(other, { vision })).toThrow(/createGenerator: expected vision/);
  expect(() => createRegionTextScorer(other, { vision })).toThrow(/createRegionTextScorer: expected vision/);
  const deeper = microConfig({ vision_config: { num_attention_heads: 1 } });
  expect(vision.isOf({ config: deeper, weights: model.weights })).toBe(false);
});
