import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFunction, createTrainingStep, type HostTensor } from '@fgam/compile';
import {
  answerBatch,
  createAdapter,
  createHaclWeights,
  type FgamModel,
  loadPretrained,
  type PretrainedModel,
  withHeads,
} from '@fgam/models';
import { beforeAll, describe, expect, test } from 'vitest';
import { differentiated } from '../../models/src/gradients.test-support.js';
import { captionBatch } from './caption-batch.js';
import { haclLoss } from './hacl-loss.js';
import { readMetrics } from './metrics.js';
import { createModelStep, type ModelStepOptions } from './model-step.js';
import type { TrainingExample } from './training-source.js';
import { createPretrainedStep, type PretrainedStepOptions } from './pretrained-step.js';
import type { Step } from './step.js';
import { createTinyRun } from './tiny-run.test-support.js';
import { train } from './train.js';

/** What ends a text in the tiny checkpoints, and the side of their images. */
const [END, IMAGE_SIZE] = [2, 42];

let folder: string;
let tiny: FgamModel;
let model: FgamModel;
let examples: readonly TrainingExample[];

beforeAll(async () => {
  ({ folder, examples, model: tiny } = await createTinyRun());
});

function stepOf(options: Partial<ModelStepOptions> = {}): Step {
  return createModelStep({
    name: 'hacl',
    model,
    sources: [{ name: 'all', examples, length: 16, blockLength: 16 }],
    weights: { tokens: 1, global: 0, regionText: 0, spatial: 0, hacl: 0.5 },
    batchSize: 2,
    seed: 3,
    maxRegions: 2,
    maxCaptionTokens: 4,
    ...options,
  });
}

/** Along its own gradient a loss changes by its length. */
async function checkGradients(
  step: Step,
  inputs: Readonly<Record<string, HostTensor>>,
  names: readonly string[],
): Promise<void> {
  const differentiable = differentiated(step.loss, step);
  const { gradients } = await differentiable.gradients(inputs);
  for (const name of names) {
    const direction = gradients[name]?.data ?? [];
    const length = Math.hypot(...direction);
    expect(length, name).toBeGreaterThan(1e-4);
    const slope = await differentiable.slope(inputs, { name, direction, epsilon: 0.002 });
    expect(Math.abs(slope - length) / length, name).toBeLessThan(0.02);
  }
  await differentiable.dispose();
}

describe.each(['LLaVA', 'MiniGPT-4'])('HACL in the training of a compact model like %s', (family) => {
  beforeAll(() => {
    const former = { num_query_tokens: 4, hidden_size: 16, num_attention_heads: 2, intermediate_size: 16 };
    model = withHeads(
      tiny,
      { hacl_embed_dim: 8, ...(family === 'MiniGPT-4' ? { q_former: former } : {}) },
      2,
    );
  });

  test('is learnt, and logged as a part: total = tokens + alpha hacl', async () => {
    const out = await mkdtemp(join(folder, 'run-'));
    // One red and one blue image in each batch: equal captions would stand against each other.
    const source = { name: 'two', examples: examples.slice(0, 2), length: 16, blockLength: 16 };
    await train({
      step: stepOf({ sources: [source] }),
      out,
      steps: 20,
      schedule: { learningRate: 0.006, warmup: 2 },
      logEvery: 1,
    });
    const lines = await readMetrics(join(out, 'metrics.jsonl'));
    expect(Object.keys(lines[0]?.parts ?? {}).sort()).toEqual(['hacl', 'haclLogitScale', 'tokens']);
    for (const { loss, parts } of lines)
      expect(loss).toBeCloseTo((parts['tokens'] ?? 0) + 0.5 * (parts['hacl'] ?? 0), 4);
    const losses = lines.map(({ parts }) => parts['hacl'] ?? Number.NaN);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
  });

  test('captured gradients are those of finite differences', async () => {
    const step = stepOf();
    await checkGradients(step, (await step.batch(1, {})).inputs, [
      'fgam.hacl_vision_projection.weight',
      'fgam.hacl_text_projection.weight',
      'fgam.hacl_logit_scale',
      family === 'LLaVA'
        ? 'multi_modal_projector.linear_2.weight'
        : 'qformer.encoder.layer.0.crossattention.attention.value.weight',
      'language_model.model.layers.0.self_attn.v_proj.weight',
      'vision_tower.vision_model.encoder.layers.0.mlp.fc2.weight',
    ]);
  });

  test('draws wrong captions anew at each visit, and is another run with another number or other captions', async () => {
    const many = examples.map((example) => ({
      ...example,
      wrongCaptions: ['a blue dot', 'a red dot', 'is there a dot ?'],
    }));
    const sources = [{ name: 'all', examples: many, length: 16, blockLength: 16 }];
    const step = stepOf({ sources });
    const drawn = new Set<string>();
    for (let at = 1; at <= 8; at++)
      drawn.add(String((await step.batch(at, {})).inputs['wrongCaptionIds']?.data));
    expect(drawn.size).toBeGreaterThan(2);
    expect(await step.batch(3, {})).toEqual(await stepOf({ sources }).batch(3, {}));
    expect(step.identity).not.toEqual(stepOf().identity);
    expect(stepOf({ wrongCaptions: 2 }).identity).toMatchObject({ wrongCaptions: 2 });
  });

  test('leaves images without caption or wrong captions out of what they lack', async () => {
    const bare = examples.map((example, index): TrainingExample => {
      const { image, segments = [], sample } = example;
      if (sample === undefined) throw new Error('expected a sample');
      const { id, width, height, regions } = sample;
      const own = index === 0 ? { id, image: sample.image, width, height, regions } : sample;
      return { image, segments, sample: own };
    });
    const step = stepOf({
      sources: [{ name: 'all', examples: bare, length: 16, blockLength: 16 }],
      batchSize: 5,
    });
    const { inputs } = await step.batch(1, {});
    expect([...(inputs['hasCaption']?.data ?? [])].filter((one) => one === 0)).toHaveLength(1);
    expect([...(inputs['wrongCaptionMask']?.data ?? [])]).toEqual([0, 0, 0, 0, 0]);
    const loss = createFunction(step.loss, { weights: step.weights });
    const haclOf = async (given: typeof inputs): Promise<number> =>
      (await loss.run(given))['hacl']?.data[0] ?? Number.NaN;
    const without = await haclOf(inputs);
    expect(Number.isFinite(without)).toBe(true);
    // Wrong captions are more for an image to be told from.
    const wrongCaptionMask: HostTensor = {
      shape: [5, 1],
      dtype: 'float32',
      data: new Float32Array(5).fill(1),
    };
    expect(await haclOf({ ...inputs, wrongCaptionMask })).toBeGreaterThan(without + 0.01);
    await loss.dispose();
  });

  test('refuses a model without heads for it', () => {
    expect(() => stepOf({ model: tiny })).toThrow(/hacl: expected a model with fgam\.hacl_embed_dim/);
  });
});

test('haclLoss refuses families whose visual tokens are not one row of the image’s own', async () => {
  for (const name of ['tiny-qwen2-vl', 'tiny-instructblip']) {
    const { family } = await loadPretrained(
      fileURLToPath(new URL(`../../models/test-fixtures/${name}`, import.meta.url)),
    );
    expect(() => haclLoss(family, { alpha: 1, endId: END })).toThrow(/haclLoss: expected a family/);
  }
});

describe.each(['tiny-llava', 'tiny-minigpt4'])('haclLoss of %s', (name) => {
  test('is learnt beside the answers, by heads of its own', async () => {
    const path = fileURLToPath(new URL(`../../models/test-fixtures/${name}`, import.meta.url));
    const { family, weights } = await loadPretrained(path);
    const size = IMAGE_SIZE;
    const pixels = Float32Array.from({ length: 2 * size * size * 3 }, (_, i) =>
      Math.sin(i * (i < size * size * 3 ? 0.01 : 0.017)),
    );
    const images = { pixels: { shape: [2, size, size, 3], dtype: 'float32', data: pixels } as const };
    const see = createFunction((all, given) => family.visual(all, given), { weights });
    const [, visualTokens = 0] = (await see.run(images))['visual']?.shape ?? [];
    await see.dispose();
    const promptIds = [1, ...Array<number>(visualTokens).fill(family.imageTokenId), 5];
    const rows = [12, 13].map((word) => ({ promptIds, answerIds: [word, END] }));
    const inputs = {
      ...images,
      ...captionBatch([
        { captionIds: [5, 6, 7], wrongCaptionIds: [[5, 6, 8]] },
        { captionIds: [9, 10], wrongCaptionIds: [[9, 11]] },
      ]),
      ...answerBatch(rows, family),
    };
    const all = { ...weights, ...createHaclWeights(family.config, { embedDim: 8, seed: 4 }) };
    const loss = haclLoss(family, { alpha: 0.5, endId: END });
    const trainable = (weight: string): boolean => weight.startsWith('fgam.hacl');
    const step = createTrainingStep({ loss, weights: all, optimizer: { trainable } });
    const first = await step.run(inputs, { learningRate: 3e-3 });
    expect(first.loss).toBeCloseTo((first.parts['tokens'] ?? 0) + 0.5 * (first.parts['hacl'] ?? 0), 4);
    // A tenth of the gradient.
    const { firstMoment } = await step.state();
    for (const weight of ['fgam.hacl_vision_projection.weight', 'fgam.hacl_text_projection.weight'])
      expect(Math.hypot(...(firstMoment[weight]?.data ?? []))).toBeGreaterThan(1e-6);
    let last = first;
    for (let update = 1; update < 30; update++) last = await step.run(inputs, { learningRate: 3e-3 });
    await step.dispose();
    expect(last.parts['hacl']).toBeLessThan((first.parts['hacl'] ?? 0) / 2);
  });
});

describe.each(['tiny-llava', 'tiny-minigpt4'])('createPretrainedStep of %s with HACL', (name) => {
  let checkpoint: PretrainedModel;
  let rows: readonly TrainingExample[];
  beforeAll(async () => {
    const path = fileURLToPath(new URL(`../../models/test-fixtures/${name}`, import.meta.url));
    checkpoint = await loadPretrained(path);
    const images = await Promise.all(
      ['wide', 'tall'].map((file) => readFile(join(path, 'images', `${file}.png`))),
    );
    rows = ['a red circle', 'two blue squares'].map(
      (caption, i): TrainingExample => ({
        image: images[i] as Uint8Array,
        sample: { id: `${i}`, image: `${i}.png`, width: 8, height: 8, caption, regions: [] },
        segments: [{ prompt: 'what is there ?', answer: caption }],
        wrongCaptions: ['a green circle', 'three squares', 'a red dog'],
      }),
    );
  });
  const stepOf = (parts: Partial<PretrainedStepOptions> = {}) =>
    createPretrainedStep({
      name: 'sft',
      model: checkpoint,
      sources: [{ name: 'captions', examples: rows }],
      batchSize: 2,
      seed: 1,
      hacl: { alpha: 0.5, embedDim: 8 },
      ...parts,
    });

  test('its gradients are those of finite differences', async () => {
    const step = await stepOf();
    await checkGradients(step, (await step.batch(1, {})).inputs, [
      'fgam.hacl_vision_projection.weight',
      'fgam.hacl_text_projection.weight',
      'fgam.hacl_logit_scale',
      name === 'tiny-llava'
        ? 'multi_modal_projector.linear_2.weight'
        : 'qformer.encoder.layer.0.crossattention.attention.value.weight',
      'language_model.model.layers.0.self_attn.v_proj.weight',
    ]);
  });

  // Whole once: how gradients reach a Q-Former is shown above, and AdamW takes longest to prepare for its many weights.
  const isAdapterAlone = name === 'tiny-minigpt4';
  test.each(isAdapterAlone ? [true] : [false, true])(
    'is learnt in a run, with an adapter: %s',
    async (isAdapted) => {
      const adapter = isAdapted ? createAdapter(checkpoint.family, { rank: 2, seed: 1 }) : undefined;
      const step = await stepOf(adapter && { adapter });
      const out = await mkdtemp(join(folder, 'run-'));
      await train({ step, out, steps: 30, schedule: { learningRate: 0.01, warmup: 2 }, logEvery: 1 });
      const lines = await readMetrics(join(out, 'metrics.jsonl'));
      for (const { loss, parts } of lines)
        expect(loss).toBeCloseTo((parts['tokens'] ?? 0) + 0.5 * (parts['hacl'] ?? 0), 4);
      const [first = 0] = lines.map(({ parts }) => parts['hacl']);
      const last = lines.slice(-5).reduce((sum, { parts }) => sum + (parts['hacl'] ?? 0) / 5, 0);
      expect(last).toBeLessThan(first / 2);
    },
  );

  test('draws wrong captions anew, and contrasts an image once however many rows it has', async () => {
    const step = await stepOf();
    const drawn = new Set<string>();
    for (let at = 1; at <= 6; at++)
      drawn.add(String((await step.batch(at, {})).inputs['wrongCaptionIds']?.data));
    expect(drawn.size).toBeGreaterThan(1);
    const [row] = rows as [TrainingExample];
    const twice = { ...row, segments: [...(row.segments ?? []), { prompt: 'is it red ?', answer: 'yes' }] };
    const bare = { image: row.image, segments: [{ prompt: 'is it round ?', answer: 'yes' }] };
    const { inputs } = await (
      await stepOf({ sources: [{ name: 'all', examples: [twice, bare] }], batchSize: 3 })
    ).batch(1, {});
    const has = [...(inputs['hasCaption']?.data ?? [])];
    expect(has.toSorted()).toEqual([0, 0, 1]);
    expect([...(inputs['wrongCaptionMask']?.data ?? [])]).toEqual(has);
  });

  test('is another run with another alpha, and none is as before', async () => {
    const [plain, half, whole] = [
      await createPretrainedStep({
        name: 'sft',
        model: checkpoint,
        sources: [{ name: 'captions', examples: rows }],
        batchSize: 2,
        seed: 1,
      }),
      await stepOf(),
      await stepOf({ hacl: { alpha: 1, embedDim: 8 } }),
    ];
    expect(half.identity).toMatchObject({ hacl: { alpha: 0.5, embedDim: 8, wrongCaptions: 1 } });
    expect(whole.identity).not.toEqual(half.identity);
    expect(Object.keys(plain.weights)).toEqual(Object.keys(checkpoint.weights));
    expect(Object.keys((await plain.batch(1, {})).inputs)).not.toContain('captionIds');
  });
});
