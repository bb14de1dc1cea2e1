import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { createFunction } from '@fgam/compile';
import {
  compactConfig,
  conversationLogits,
  createTokenizer,
  createWeights,
  type FgamModel,
  vocabularyFromTexts,
} from '@fgam/models';
import { beforeAll, expect, test } from 'vitest';
import { readMetrics } from './metrics.js';
import { createModelStep, type ModelStepOptions } from './model-step.js';
import type { TrainingExample } from './training-source.js';
import type { Step } from './step.js';
import { need } from './tensors.js';
import { createTinyRun, WORDS } from './tiny-run.test-support.js';
import { train } from './train.js';

let folder: string;
let student: FgamModel;
let teacher: FgamModel;
let examples: readonly TrainingExample[];

beforeAll(async () => {
  ({ folder, examples, model: student } = await createTinyRun());
  // Wider, deeper, and with larger images than its student.
  const { tokenizer } = student;
  const side = { hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2 };
  const config = compactConfig({
    vision_config: { image_size: 32, ...side },
    text_config: { vocab_size: tokenizer.size, ...side },
    fgam: { embed_dim: 8, relation_hidden_size: 8, connector_merge: 1 },
  });
  teacher = { config, tokenizer, weights: createWeights(config, 9) };
});

function stepOf(options: Partial<ModelStepOptions> = {}): Step {
  return createModelStep({
    name: 'student',
    model: student,
    sources: [{ name: 'all', examples, length: 16, blockLength: 16 }],
    weights: { tokens: 0.1, global: 0, regionText: 0, spatial: 0, distillation: 2 },
    distillation: { teacher, temperature: 2 },
    batchSize: 2,
    seed: 3,
    ...options,
  });
}

test('a student comes near to its teacher: total = 0.1 tokens + 2 distillation, which falls', async () => {
  const out = await mkdtemp(join(folder, 'run-'));
  const schedule = { learningRate: 0.01, warmup: 2 };
  const { weights } = await train({ step: stepOf(), out, steps: 60, schedule, logEvery: 1 });
  const lines = await readMetrics(join(out, 'metrics.jsonl'));
  for (const { loss, parts } of lines)
    expect(loss).toBeCloseTo(0.1 * (parts['tokens'] ?? 0) + 2 * (parts['distillation'] ?? 0), 3);
  const far = (some: typeof lines): number =>
    some.reduce((sum, { parts }) => sum + (parts['distillation'] ?? 0), 0) / some.length;
  expect(far(lines.slice(-5))).toBeLessThan(far(lines.slice(0, 5)) / 4);
  // The teacher is no part of what is trained.
  expect(Object.keys(weights).sort()).toEqual(Object.keys(student.weights).sort());
});

test("the logits are the teacher's own, of its own images", async () => {
  const step = stepOf();
  const { inputs } = await step.batch(1, {});
  const { teacherLogits, inputIds } = inputs;
  expect(teacherLogits?.shape).toEqual([...(inputIds?.shape ?? []), student.tokenizer.size]);
  // The student is its own teacher: nothing is left to learn.
  const own = stepOf({ distillation: { teacher: student } });
  const { inputs: batch } = await own.batch(1, {});
  const direct = createFunction(
    (model, given) => ({
      logits: conversationLogits(model, student.config, {
        pixels: need(given, 'pixels'),
        inputIds: need(given, 'inputIds'),
        segmentIds: need(given, 'segmentIds'),
        positions: need(given, 'positions'),
      }),
    }),
    { weights: student.weights },
  );
  const { teacherLogits: taught, ...rest } = batch;
  const { logits } = await direct.run(rest);
  const wanted = logits?.data ?? [];
  expect(taught?.data).toHaveLength(wanted.length);
  for (const [i, value] of (taught?.data ?? []).entries()) expect(value).toBeCloseTo(wanted[i] ?? 0, 4);
  await Promise.all([step.dispose?.(), own.dispose?.(), direct.dispose()]);
});

test('texts alone can be distilled, too', async () => {
  const step = stepOf({ readsImages: false });
  const { inputs } = await step.batch(1, {});
  expect(Object.keys(inputs)).not.toContain('pixels');
  expect(Object.keys(inputs)).toContain('teacherLogits');
  expect(step.trainable('vision_tower.x')).toBe(false);
  expect(step.trainable('language_model.x')).toBe(true);
  await step.dispose?.();
});

test('the teacher is part of what a run is', () => {
  const other = { ...teacher, weights: createWeights(teacher.config, 10) };
  expect(stepOf({ distillation: { teacher: other, temperature: 2 } }).identity).not.toEqual(
    stepOf().identity,
  );
  expect(stepOf({ distillation: { teacher } }).identity).not.toEqual(stepOf().identity);
});

test('another vocabulary, a weight without a teacher and a teacher without a weight are refused', () => {
  const tokenizer = createTokenizer(vocabularyFromTexts([...WORDS, 'green']));
  const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
  const stranger = { config, tokenizer, weights: createWeights(config, 1) };
  expect(() => stepOf({ distillation: { teacher: stranger } })).toThrow(
    /expected a teacher with the student's tokenizer/,
  );
  const weights = { tokens: 1, global: 0, regionText: 0, spatial: 0 };
  expect(() => stepOf({ weights })).toThrow(/expected a teacher, a weight of distillation/);
  expect(() => createModelStep({ ...optionsWithout(), weights: { ...weights, distillation: 1 } })).toThrow(
    /no teacher/,
  );
  expect(() => stepOf({ weights: { ...weights, tokens: 0, distillation: 1 } })).toThrow(/one of tokens/);
});

function optionsWithout(): Omit<ModelStepOptions, 'weights'> {
  return { name: 's', model: student, sources: [{ name: 'a', examples, length: 16 }], batchSize: 2, seed: 1 };
}
