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
import { median } from 'simple-statistics';

/** One measured case. */
interface Row {
  readonly name: string;
  readonly milliseconds: number;
  readonly rate: string;
}

const words = Array.from({ length: 110 }, (_, i) => `word${i}`);
const tokenizer = createTokenizer(words);
const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
const model = { config, tokenizer, weights: createWeights(config, 1) };
const { imageSize } = visionGrid(config);
const rows: Row[] = [];

/** Median milliseconds over at least 5 runs and about a second, after two to warm up. */
async function medianTime(run: () => Promise<unknown>): Promise<number> {
  await run();
  await run();
  const times: number[] = [];
  const end = performance.now() + 1000;
  while (times.length < 5 || (performance.now() < end && times.length < 100)) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
}

async function measure(
  name: string,
  count: number,
  unit: string,
  run: () => Promise<unknown>,
): Promise<void> {
  const milliseconds = await medianTime(run);
  rows.push({ name, milliseconds, rate: `${Math.round((1000 * count) / milliseconds)} ${unit}/s` });
}

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
  await measure('vision tower, 32 images', 32, 'images', () => vision.run(image));
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
    await measure(`conversations 16 x 256, blocks of ${blockLength}`, 16 * 256, 'tokens', () =>
      forward.run(inputs),
    );
    await forward.dispose();
  }
}

async function measureGeneration(): Promise<void> {
  const generator = createGenerator(model);
  const prompt = `User: ${words.slice(0, 9).join(' ')} Assistant:`;
  for (const batch of [1, 4, 32]) {
    const requests = (maxTokens: number) =>
      Array.from({ length: batch }, () => ({ prompt, maxTokens, stop: [] as string[] }));
    const one = await medianTime(() => generator.generate(requests(1)));
    rows.push({
      name: `first token, batch ${batch}`,
      milliseconds: one,
      rate: `${Math.round((1000 * batch) / one)} requests/s`,
    });
    let tokens = 0;
    const all = await medianTime(async () => {
      const results = await generator.generate(requests(48));
      tokens = results.reduce((sum, result) => sum + result.tokens.length, 0);
    });
    const decode = all - one;
    const rate = `${Math.round((1000 * (tokens - batch)) / decode)} tokens/s`;
    rows.push({ name: `decoding, batch ${batch}`, milliseconds: decode, rate });
  }
  await generator.dispose();
}

async function measureScoring(): Promise<void> {
  const scorer = createRegionTextScorer(model, { textCacheSize: 1 });
  const texts = Array.from({ length: 64 }, (_, i) => words.slice(i, i + 9).join(' '));
  await measure('text embeddings, 64 texts', 64, 'texts', () => scorer.embedTexts(texts));
  await scorer.dispose();
}

await measureForward();
await measureGeneration();
await measureScoring();
const parameters = countParameters(model.weights);
if (process.argv.includes('--json')) console.log(JSON.stringify({ parameters, rows }, null, 2));
else {
  console.log(`compact model, ${parameters} parameters`);
  console.table(rows.map(({ name, milliseconds, rate }) => ({ name, ms: milliseconds.toFixed(2), rate })));
}
