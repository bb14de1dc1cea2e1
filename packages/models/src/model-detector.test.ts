import type { Weights } from '@fgam/compile';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { detectorContract } from '../../data/src/detector-contract.test-support.js';
import { createModelDetector } from './model-detector.js';
import { microConfig, randomWeights, uniforms } from './test-support.js';
import { createTokenizer } from './tokenizer.js';
import { createVisionReader } from './vision-reader.js';

const tokenizer = createTokenizer(['a', 'blue', 'circle', 'red', 'square']);
const config = microConfig({ fgam: { box_hidden_size: 5 } });
/** Scores far from 0, so that random weights find things, and boxes larger than their cells. */
const weights: Weights = {
  ...randomWeights(config, 9),
  'fgam.detection_logit_bias': { shape: [], dtype: 'float32', data: Float32Array.of(0) },
  'fgam.box_head.linear_2.bias': { shape: [4], dtype: 'float32', data: Float32Array.of(0, 0, 1, 1) },
};
const model = { config, tokenizer, weights };

/** Another tower than the model's. */
function randomTower(): Weights {
  const others = Object.entries(randomWeights(config, 10));
  return Object.fromEntries(others.filter(([name]) => name.startsWith('vision_tower.')));
}

async function picture(seed: number): Promise<Uint8Array> {
  const uniform = uniforms(seed);
  const bytes = Uint8Array.from({ length: 192 }, () => Math.floor(256 * uniform()));
  return new Uint8Array(
    await sharp(bytes, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toBuffer(),
  );
}
const [first, second] = [await picture(1), await picture(2)];
const phrases = ['red circle', 'blue square', 'a'];

detectorContract('a model with a detection head', async () => {
  const detector = createModelDetector(model, { maxBatch: 4 });
  return { name: detector.name, detect: detector.detect.bind(detector), release: () => detector.dispose() };
}, [
  { image: first, phrases, finds: [] },
  { image: second, phrases: phrases.slice(0, 2), finds: [] },
]);

const all = createModelDetector(model, { threshold: 1e-6, maxIou: 1 });
const few = createModelDetector(model, { threshold: 1e-6, maxIou: 0 });
const sure = createModelDetector(model, { threshold: 0.9, maxIou: 1 });
afterAll(() => Promise.all([all, few, sure].map((detector) => detector.dispose())));

it('finds the same by a vision tower that others look through, and leaves it to them', async () => {
  const vision = createVisionReader(model);
  const options = { threshold: 1e-6, maxIou: 1 };
  const [alone, sharing] = [options, { ...options, vision }].map((each) => createModelDetector(model, each));
  const requests = [first, second, first].map((image) => ({ image, phrases }));
  const found = await sharing?.detect(requests);
  expect(found).toEqual(await alone?.detect(requests));
  // Each of the four tokens stands for each phrase.
  expect(found?.map((each) => each.length)).toEqual([12, 12, 12]);
  await Promise.all([alone?.dispose(), sharing?.dispose()]);
  expect(await vision.of([first])).toHaveLength(1);
  await vision.dispose();
  const other = { ...model, weights: { ...weights, ...randomTower() } };
  expect(() => createModelDetector(other, { vision })).toThrow(/createModelDetector: expected vision/);
});

it('keeps of overlapping detections of a phrase the surest, and none below the threshold', async () => {
  const request = { image: first, phrases: ['red circle', 'red circle'] };
  const [every] = await all.detect([request]);
  // One for each of the four tokens, though the phrase was given twice.
  expect(every).toHaveLength(4);
  const scores = every?.map(({ score }) => score) ?? [];
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  const [kept] = await few.detect([request]);
  expect(kept?.[0]).toEqual(every?.[0]);
  expect(kept?.length).toBeLessThan(4);
  const [above] = await sure.detect([request]);
  expect(above).toEqual(every?.filter(({ score }) => score >= 0.9));
});

it('refuses models without a head, and options out of range', () => {
  const plain = microConfig();
  expect(() => createModelDetector({ ...model, config: plain, weights: randomWeights(plain, 1) })).toThrow(
    'expected a model with a detection head, got none; add one with withHeads',
  );
  expect(() => createModelDetector(model, { threshold: 0 })).toThrow('expected threshold over 0');
  expect(() => createModelDetector(model, { maxIou: 2 })).toThrow('maxIou from 0 to 1');
});
