import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { type Backend, createTrainingStep } from '@fgam/compile';
import { readQuestions, readScenes, sceneWords, writeScenes } from '@fgam/data';
import { compactConfig, createTokenizer, createWeights, vocabularyFromTexts } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { createModelStep, type LossWeights } from '../src/index.js';

/** Images a step: few, so that the eager backends end within minutes. */
const IMAGES = 8;
/** Timed rounds of each backend, and the first ones that are thrown away (capture, warm-up). */
const ROUNDS = { 'ort-cpu': 12, 'tfjs-wasm': 2, 'tfjs-cpu': 2 } as const satisfies Partial<
  Record<Backend, number>
>;
const WARMUP = 1;

// Silences the backend's advice to install another one.
tf.env().set('PROD', true);
const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
await writeScenes({ out: join(folder, 'scenes'), count: IMAGES, seed: 1, split: 'train' });
const { samples } = await readScenes(join(folder, 'scenes'));
const questions = await readQuestions(join(folder, 'scenes', 'questions.jsonl'));
const words = vocabularyFromTexts([
  ...sceneWords(),
  ...questions.flatMap(({ question, answer }) => [question, answer]),
]);
const tokenizer = createTokenizer(words);
const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
const model = { config, tokenizer, weights: createWeights(config, 1) };
const examples = samples.map((sample) => ({
  image: sample.image,
  sample,
  segments: questions
    .filter((question) => question.sample === sample.id && question.kind !== 'caption')
    .slice(0, 6)
    .map(({ question, answer }) => ({ prompt: `User: ${question} Assistant:`, answer })),
}));

/** Median milliseconds of a step on each backend, taken in turns; a reason where a backend can't run it. */
async function measure(name: string, weights: LossWeights): Promise<Record<string, number | string>> {
  const step = createModelStep({
    name,
    model,
    sources: [{ name, examples, length: 96, blockLength: 32 }],
    weights,
    batchSize: IMAGES,
    seed: 1,
  });
  const { inputs } = await step.batch(1, {});
  const backends = Object.keys(ROUNDS) as (keyof typeof ROUNDS)[];
  const steps = backends.map((backend) => {
    const { loss, trainable } = step;
    const optimizer = { clipNorm: 1, weightDecay: 0.1, decays: step.decays, trainable };
    return { backend, run: createTrainingStep({ name, loss, weights: step.weights, optimizer, backend }) };
  });
  const times: Record<string, number[]> = {};
  const results: Record<string, number | string> = {};
  for (let round = 0; round < Math.max(...Object.values(ROUNDS)) + WARMUP; round++) {
    for (const { backend, run } of steps) {
      if (round >= ROUNDS[backend] + WARMUP || results[backend] !== undefined) continue;
      const start = performance.now();
      try {
        await run.run(inputs, { learningRate: 1e-4 });
      } catch (error) {
        // A backend that lacks a kernel is a result, not a fault of the benchmark.
        results[backend] =
          `n/a: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
        continue;
      }
      if (round >= WARMUP) (times[backend] ??= []).push(performance.now() - start);
    }
  }
  for (const { backend, run } of steps) {
    const sorted = (times[backend] ?? []).sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    if (results[backend] === undefined && median !== undefined)
      results[backend] = Math.round(median * 10) / 10;
    await run.dispose();
  }
  return results;
}

const stage1 = await measure('stage 1', { tokens: 0, global: 1, regionText: 1, spatial: 0.2 });
const sft = await measure('SFT', { tokens: 1, global: 0, regionText: 0, spatial: 0 });
await rm(folder, { recursive: true });

/** Each backend's time over the captured one's. */
function ratios(milliseconds: Record<string, number | string>): Record<string, number | string> {
  const captured = milliseconds['ort-cpu'];
  return Object.fromEntries(
    Object.entries(milliseconds).map(([backend, time]) => [
      backend,
      typeof time === 'number' && typeof captured === 'number'
        ? Math.round((time / captured) * 10) / 10
        : 'n/a',
    ]),
  );
}

const programs = [
  { name: `stage 1, ${IMAGES} images`, milliseconds: stage1, ratio: ratios(stage1) },
  { name: `SFT, ${IMAGES} images x 96 tokens`, milliseconds: sft, ratio: ratios(sft) },
];
if (process.argv.includes('--json')) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  console.log(JSON.stringify({ ...machine, programs }, null, 2));
} else {
  for (const { name, milliseconds, ratio } of programs) {
    console.log(`${name}: milliseconds a step (median), and times the captured step`);
    console.table(
      Object.fromEntries(
        Object.entries(milliseconds).map(([backend, time]) => [
          backend,
          { milliseconds: time, ratio: ratio[backend] },
        ]),
      ),
    );
  }
}
