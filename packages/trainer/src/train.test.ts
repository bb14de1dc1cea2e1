import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '@fgam/compile';
import { createTokenizer, createWeights, type FgamModel, vocabularyFromTexts } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { fileSha256 } from './checkpoint.js';
import { type MetricsLine, readMetrics } from './metrics.js';
import { createModelStep } from './model-step.js';
import type { TrainingExample } from './training-source.js';
import type { Step } from './step.js';
import { createTinyRun, tinyStep, WORDS } from './tiny-run.test-support.js';
import { train, type TrainResult } from './train.js';

let folder: string;
let examples: readonly TrainingExample[];
let model: FgamModel;

beforeAll(async () => {
  ({ folder, examples, model } = await createTinyRun());
});

const stepOf = (): Step => tinyStep({ model, examples });

/** One number that is to become 1: for what the loop does whatever is trained. Its loss begins at 4. */
function stepOfNumber(lossOf: (square: tf.Scalar) => tf.Scalar = (square) => square): Step {
  const number = (value: number): HostTensor => ({
    shape: [],
    dtype: 'float32',
    data: Float32Array.of(value),
  });
  return {
    name: 'number',
    weights: { w: number(3) },
    loss: ({ w }, { x }) => ({ total: lossOf(tf.squaredDifference(w as tf.Scalar, x as tf.Scalar)) }),
    decays: () => false,
    trainable: () => true,
    identity: 'number',
    batch: async (_, cursors) => ({ inputs: { x: number(1) }, tokens: 1, next: cursors }),
  };
}

const fresh = () => mkdtemp(join(folder, 'run-'));
const schedule = { learningRate: 0.006, warmup: 2 };
const STEPS = 40;

describe('train', () => {
  /** A run that is never stopped. */
  let straight: TrainResult;
  let lines: readonly MetricsLine[];
  beforeAll(async () => {
    const out = await fresh();
    straight = await train({ step: stepOf(), out, steps: STEPS, schedule, logEvery: 1 });
    lines = await readMetrics(join(out, 'metrics.jsonl'));
  });
  const steps = Array.from({ length: STEPS }, (_, index) => index + 1);

  test('learns, and logs each part of the loss', () => {
    expect(lines.map(({ step }) => step)).toEqual(steps);
    const [first, last] = [lines[0], lines.at(-1)];
    expect(Object.keys(first?.parts ?? {}).sort()).toEqual(
      ['global', 'imageLogitScale', 'regionLogitScale', 'regionText', 'spatial', 'tokens'].sort(),
    );
    expect(last).toMatchObject({ captures: 1 });
    expect(last?.captureSeconds).toBeGreaterThan(0);
    expect(last?.parts['tokens']).toBeLessThan((first?.parts['tokens'] ?? 0) / 2);
  });

  test('keeps graphs of as many shapes as its step says', async () => {
    const capturesOf = async (maxCached?: number) => {
      const out = await fresh();
      const step: Step = {
        ...stepOfNumber((squares) => tf.mean(squares)),
        ...(maxCached === undefined ? {} : { maxCached }),
        // Two shapes, by turns.
        batch: async (update, cursors) => {
          const length = 1 + (update % 2);
          const x = { shape: [length], dtype: 'float32', data: new Float32Array(length).fill(1) } as const;
          return { inputs: { x }, tokens: 1, next: cursors };
        },
      };
      await train({ step, out, steps: 6, schedule, logEvery: 6 });
      return (await readMetrics(join(out, 'metrics.jsonl'))).at(-1)?.captures;
    };
    expect(await capturesOf()).toBe(2);
    expect(await capturesOf(1)).toBe(6);
  });

  test('pools regions by their masks where it is told to, and that is another run', async () => {
    const mask = { kind: 'polygons', polygons: [[0, 0, 0.5, 0, 0, 0.5]] } as const;
    const masked = examples.map(({ sample, ...rest }) => ({
      ...rest,
      ...(sample
        ? { sample: { ...sample, regions: sample.regions.map((each) => ({ ...each, mask })) } }
        : {}),
    }));
    const [box, unsaid, byMask] = ([{ regionPooling: 'box' }, {}, { regionPooling: 'mask' }] as const).map(
      (pooling) =>
        createModelStep({
          name: 'pooled',
          model,
          sources: [{ name: 'all', examples: masked }],
          weights: { tokens: 0, global: 0, regionText: 1, spatial: 0 },
          batchSize: 2,
          seed: 3,
          ...pooling,
        }),
    ) as [Step, Step, Step];
    expect(unsaid.identity).toEqual(box.identity);
    expect(byMask.identity).toEqual({ ...(box.identity as object), regionPooling: 'mask' });
    const weightsOf = async (step: Step) => (await step.batch(1, {})).inputs['roiWeights']?.data;
    expect(await weightsOf(unsaid)).toEqual(await weightsOf(box));
    expect(await weightsOf(byMask)).not.toEqual(await weightsOf(box));
  });

  test('micro-batches train as whole batches do, and are a run of their own', async () => {
    const [whole, parted] = [await fresh(), await fresh()];
    // Answers of one word and of many: the mean over tokens is not the mean of the parts' means.
    const unlike = examples.map(({ image, segments = [] }, i) => {
      const answer = i % 2 === 0 ? 'yes' : 'a red dot a blue dot';
      return { image, segments: segments.map((segment) => ({ ...segment, answer })) };
    });
    const unlikeStep = (): Step =>
      createModelStep({
        name: 'parted',
        model,
        sources: [{ name: 'all', examples: unlike, length: 24 }],
        weights: { tokens: 1, distillation: 0.5, global: 0, regionText: 0, spatial: 0 },
        distillation: { teacher: { ...model, weights: createWeights(model.config, 9) } },
        batchSize: 4,
        seed: 3,
      });
    const asWhole = { ...unlikeStep(), indivisible: 'one table for all' };
    await expect(train({ step: asWhole, out: parted, steps: 5, schedule, microBatches: 2 })).rejects.toThrow(
      'parted: microBatches: expected 1, got 2: one table for all',
    );
    for (const faulty of [
      { learningRate: Infinity },
      { ...schedule, warmup: Number.NaN },
      { ...schedule, floor: Number.NaN },
    ])
      await expect(train({ step: unlikeStep(), out: parted, steps: 5, schedule: faulty })).rejects.toThrow(
        /learningRateAt: expected/,
      );
    await train({ step: unlikeStep(), out: whole, steps: 5, schedule, logEvery: 1 });
    await train({ step: unlikeStep(), out: parted, steps: 5, schedule, logEvery: 1, microBatches: 2 });
    const [expected, lines] = [
      await readMetrics(join(whole, 'metrics.jsonl')),
      await readMetrics(join(parted, 'metrics.jsonl')),
    ];
    lines.forEach(({ loss, gradientNorm }, i) => {
      expect(loss).toBeCloseTo(expected[i]?.loss ?? Number.NaN, 4);
      expect(gradientNorm / (expected[i]?.gradientNorm ?? Number.NaN)).toBeCloseTo(1, 3);
    });
    await expect(
      train({ step: unlikeStep(), out: parted, steps: 5, schedule, resume: true }),
    ).rejects.toMatchObject({
      code: 'trainer/other-run',
    });
  });

  test('recomputed activations and updates in a worker change how it is trained, not what comes out', async () => {
    const stepWith = (recompute: boolean): Step =>
      createModelStep({
        name: 'again',
        model,
        sources: [{ name: 'all', examples, length: 16 }],
        weights: { tokens: 1, global: 0, regionText: 1, spatial: 0 },
        batchSize: 4,
        seed: 3,
        recompute,
      });
    const run = async (recompute: boolean, worker: boolean): Promise<number[]> => {
      const out = await fresh();
      await train({ step: stepWith(recompute), out, steps: 5, schedule, logEvery: 1, worker });
      return (await readMetrics(join(out, 'metrics.jsonl'))).map(({ loss }) => loss);
    };
    const plain = await run(false, false);
    expect(await run(false, true)).toEqual(plain);
    const again = await run(true, false);
    expect(again).toHaveLength(5);
    again.forEach((loss, i) => expect(loss / (plain[i] ?? Number.NaN)).toBeCloseTo(1, 5));
    expect(stepWith(true).identity).not.toEqual(stepWith(false).identity);
  });

  test('with hard negatives, learns to tell descriptions that differ in one word', async () => {
    const out = await fresh();
    const stepWith = (colour: readonly string[]): Step =>
      createModelStep({
        name: 'negatives',
        model,
        sources: [{ name: 'all', examples }],
        weights: { tokens: 0, global: 0, regionText: 0, hardNegatives: 1, spatial: 0 },
        batchSize: 4,
        seed: 3,
        negatives: { count: 1, vocabulary: { colour } },
      });
    const step = stepWith(['red', 'blue']);
    await train({ step, out, steps: 12, schedule, logEvery: 1 });
    const losses = (await readMetrics(join(out, 'metrics.jsonl'))).map(({ parts }) => parts['hardNegatives']);
    // One negative: an undecided model is at ln 2 on average, or above where it is sure and wrong.
    expect(losses[0]).toBeGreaterThan(0.5);
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect(stepWith(['red', 'green']).identity).not.toEqual(step.identity);
  });

  test('takes wrong descriptions that the annotation of photos shows to be false', async () => {
    const labels = ['cat', 'dog', 'cow', 'hen'];
    const photos = examples.map(({ sample, ...rest }, index) => ({
      ...rest,
      ...(sample
        ? {
            sample: {
              ...sample,
              regions: sample.regions.map((each, k) => {
                const label = labels[(index + k) % labels.length] as string;
                return { ...each, label, description: `a ${label}`, source: 'coco' };
              }),
            },
          }
        : {}),
    }));
    const step = createModelStep({
      name: 'photos',
      model,
      sources: [{ name: 'all', examples: photos }],
      weights: { tokens: 0, global: 0, regionText: 0, hardNegatives: 1, spatial: 0 },
      batchSize: 2,
      seed: 3,
      negatives: { count: 2, photos: true },
    });
    const { inputs } = await step.batch(1, {});
    expect([...(inputs['negativeMask']?.data ?? [])].filter((each) => each === 1).length).toBeGreaterThan(4);
    expect(step.identity).toMatchObject({ negatives: { photos: true } });
  });

  test('resumed runs end in the same bytes as one that was never stopped', async () => {
    const out = await fresh();
    const stop = new AbortController();
    const half = await train({
      step: stepOf(),
      out,
      steps: STEPS,
      schedule,
      logEvery: 1,
      signal: stop.signal,
      onProgress: ({ step }) => {
        if (step === 9) stop.abort();
      },
    });
    expect(half).toMatchObject({ aborted: true, step: 9 });
    const resumed = await train({ step: stepOf(), out, steps: STEPS, schedule, logEvery: 1, resume: true });
    for (const file of ['model.safetensors', 'optimizer.safetensors']) {
      expect(await fileSha256(join(resumed.checkpoint, file))).toBe(
        await fileSha256(join(straight.checkpoint, file)),
      );
    }
    expect((await readMetrics(join(out, 'metrics.jsonl'))).map(({ step }) => step)).toEqual(steps);
  });

  test('a line whose updates a stop parts is the mean of all of them', async () => {
    const step = (): Step => {
      const plain = stepOfNumber();
      // A figure that is not a number is none in a checkpoint's JSON.
      const figures = (update: number) => ({ update, nothing: Number.NaN });
      return {
        ...plain,
        batch: async (at, cursors) => ({ ...(await plain.batch(at, cursors)), figures: figures(at) }),
      };
    };
    const run = { steps: 10, schedule, logEvery: 4, saveEvery: 3 };
    const linesOf = async (out: string) =>
      (await readMetrics(join(out, 'metrics.jsonl'))).map(({ step, loss, parts, gradientNorm }) => ({
        ...{ step, loss, parts, gradientNorm },
      }));
    const whole = await fresh();
    await train({ ...run, step: step(), out: whole });
    const expected = await linesOf(whole);
    expect(expected.map(({ parts }) => parts)).toMatchObject([
      { update: (1 + 2 + 3 + 4) / 4, nothing: null },
      { update: (5 + 6 + 7 + 8) / 4 },
      { update: (9 + 10) / 2 },
    ]);
    const out = await fresh();
    const stop = new AbortController();
    const onCheckpoint = async (at: number) => {
      if (at === 6) stop.abort();
    };
    const half = await train({ ...run, step: step(), out, signal: stop.signal, onCheckpoint });
    expect(half).toMatchObject({ aborted: true, step: 6 });
    await train({ ...run, step: step(), out, resume: true });
    expect(await linesOf(out)).toEqual(expected);
  });

  test('refuses a damaged checkpoint, one of another run, and a folder in use', async () => {
    const out = await fresh();
    const { checkpoint } = await train({ step: stepOfNumber(), out, steps: 2, schedule });
    await expect(train({ step: stepOfNumber(), out, steps: 2, schedule })).rejects.toMatchObject({
      code: 'trainer/other-run',
    });
    await expect(train({ step: stepOfNumber(), out, steps: 3, schedule, resume: true })).rejects.toThrow(
      /differ: steps/,
    );
    const path = join(checkpoint, 'model.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(
      train({ step: stepOfNumber(), out, steps: 2, schedule, resume: true }),
    ).rejects.toMatchObject({
      code: 'trainer/bad-checkpoint',
    });
    await rm(path);
    await expect(
      train({ step: stepOfNumber(), out, steps: 2, schedule, resume: true }),
    ).rejects.toMatchObject({
      code: 'trainer/bad-checkpoint',
      message: expect.stringContaining(path) as string,
    });
  });

  test('stops at a loss that is not finite and keeps the last good checkpoint', async () => {
    const out = await fresh();
    // The logarithm of a negative number once the loss has fallen to below 3.
    const broken = stepOfNumber((square) => tf.add(square, tf.mul(0, tf.log(tf.sub(square, 3)))));
    await expect(train({ step: broken, out, steps: 200, schedule, saveEvery: 1 })).rejects.toMatchObject({
      code: 'compile/not-finite',
    });
    const kept = (await readdir(out)).filter((name) => /^step-\d+$/.test(name));
    expect(kept.length).toBeGreaterThan(0);
  });

  test('says so when a folder cannot be written', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await expect(train({ step: stepOf(), out: join(file, 'run'), steps: 1, schedule })).rejects.toMatchObject(
      {
        code: 'trainer/not-writable',
      },
    );
  });

  test('a folder takes one run at a time', async () => {
    const out = await fresh();
    let second: Promise<unknown> | undefined;
    const first = train({
      step: stepOfNumber(),
      out,
      steps: 12,
      schedule,
      logEvery: 1,
      onProgress: () => {
        second ??= train({ step: stepOfNumber(), out, steps: 12, schedule, resume: true }).catch(
          (error: unknown) => error,
        );
      },
    });
    await first;
    expect(await second).toMatchObject({ code: 'trainer/folder-in-use' });
    expect(await readdir(out)).not.toContain('run.lock');
  });

  test('a run is its tokenizer and the content of its images, too', async () => {
    const image = join(folder, 'changed.png');
    const paint = (background: string) =>
      sharp({ create: { width: 16, height: 16, channels: 3, background } })
        .png()
        .toFile(image);
    const tokenizer = createTokenizer(vocabularyFromTexts(WORDS.slice(1)));
    await paint('red');
    const identityOf = (changes: Partial<FgamModel> = {}) =>
      createModelStep({
        name: 'test',
        model: { ...model, ...changes },
        sources: [{ name: 'all', examples: [{ image }] }],
        weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 },
        batchSize: 1,
        seed: 1,
      }).identity;
    const before = identityOf();
    expect(identityOf()).toEqual(before);
    expect(identityOf({ tokenizer })).not.toEqual(before);
    await paint('blue');
    expect(identityOf()).not.toEqual(before);
  });

  test('refuses two sources of one name', () => {
    const source = { name: 'twice', examples, length: 16 };
    const weights = { tokens: 1, global: 0, regionText: 0, spatial: 0 };
    expect(() =>
      createModelStep({ name: 'two', model, sources: [source, source], weights, batchSize: 1, seed: 1 }),
    ).toThrow(/got twice again/);
  });

  test('refuses a source without examples', () => {
    const options = {
      name: 'empty',
      model,
      weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 },
      batchSize: 1,
      seed: 1,
    };
    expect(() => createModelStep({ ...options, sources: [{ name: 'none', examples: [] }] })).toThrow(
      /none in none|got none/,
    );
  });
});
