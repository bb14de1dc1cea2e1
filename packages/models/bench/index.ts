import { createFunction, type HostTensor } from '@fgam/compile';
import {
  compactConfig,
  conversationLogits,
  countParameters,
  createGenerator,
  createRegionTextScorer,
  createTokenizer,
  createWeights,
  visionGrid,
  visionTower,
} from '@fgam/models';
import type { Tensor } from '@tensorflow/tfjs-core';
import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { startTimes } from '../../../tools/bench-packages/times.js';

const words = Array.from({ length: 110 }, (_, i) => `word${i}`);
const tokenizer = createTokenizer(words);
const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
const model = { config, tokenizer, weights: createWeights(config, 1) };
const { imageSize } = visionGrid(config);
const benchmark = createBenchmark();

function pixels(batch: number): HostTensor {
  const data = new Float32Array(batch * imageSize * imageSize * 3).map((_, i) => Math.sin(i));
  return { shape: [batch, imageSize, imageSize, 3], dtype: 'float32', data };
}

function ints(shape: readonly [number, number], value: (column: number) => number): HostTensor {
  const data = new Int32Array(shape[0] * shape[1]).map((_, i) => value(i % shape[1]));
  return { shape, dtype: 'int32', data };
}

/** Packed conversations: 16 images, 256 tokens each in segments of 16. */
async function measureForward(): Promise<void> {
  const vision = createFunction((w, { pixels: p }) => ({ tokens: visionTower(w, config, p as Tensor) }), {
    weights: model.weights,
  });
  const image = { pixels: pixels(32) };
  await benchmark.time('vision tower, 32 images', () => vision.run(image), { items: 32, per: 'image' });
  await vision.dispose();
  const shape = [16, 256] as const;
  const inputs = {
    pixels: pixels(16),
    inputIds: ints(shape, (column) => 40 + (column % 100)),
    segmentIds: ints(shape, (column) => 1 + Math.floor(column / 16)),
    positions: ints(shape, (column) => column % 16),
  };
  for (const blockLength of [256, 64, 16]) {
    const forward = createFunction(
      (w, i) => {
        const { pixels: p, inputIds, segmentIds, positions } = i as Record<keyof typeof inputs, Tensor>;
        const packed = { pixels: p, inputIds, segmentIds, positions };
        return { logits: conversationLogits(w, config, packed, { blockLength }) };
      },
      { weights: model.weights },
    );
    await benchmark.time(`conversations 16 x 256, blocks of ${blockLength}`, () => forward.run(inputs), {
      items: 16 * 256,
      per: 'token',
    });
    await forward.dispose();
  }
}

async function measureGeneration(): Promise<void> {
  const generator = createGenerator(model);
  const prompt = `User: ${words.slice(0, 9).join(' ')} Assistant:`;
  for (const batch of [1, 4, 32]) {
    const requests = (maxTokens: number) =>
      Array.from({ length: batch }, () => ({ prompt, maxTokens, stop: [] as string[] }));
    await benchmark.time(`first token, batch ${batch}`, () => generator.generate(requests(1)), {
      ...{ items: batch, per: 'request' },
    });
    await benchmark.time(
      `decoding, batch ${batch}`,
      async () => {
        const first = startTimes();
        await generator.generate(requests(1));
        const one = first();
        const rest = startTimes();
        const results = await generator.generate(requests(48));
        const all = rest();
        const tokens = results.reduce((sum, result) => sum + result.tokens.length, 0) - batch;
        return {
          clock: (all.clock - one.clock) / tokens,
          processor: (all.processor - one.processor) / tokens,
        };
      },
      { per: 'token' },
    );
  }
  await generator.dispose();
}

async function measureScoring(): Promise<void> {
  const scorer = createRegionTextScorer(model, { textCacheSize: 1 });
  const texts = Array.from({ length: 64 }, (_, i) => words.slice(i, i + 9).join(' '));
  await benchmark.time('text embeddings, 64 texts', () => scorer.embedTexts(texts), {
    ...{ items: 64, per: 'text' },
  });
  await scorer.dispose();
}

await measureForward();
await measureGeneration();
await measureScoring();
benchmark.add('parameters', [countParameters(model.weights)], { unit: 'parameters', better: 'lower' });
await benchmark.finish();
