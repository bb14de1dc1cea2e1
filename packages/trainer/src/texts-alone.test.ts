import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { FgamModel } from '@fgam/models';
import { beforeAll, expect, test } from 'vitest';
import { createModelStep, type ModelStepOptions } from './model-step.js';
import type { TrainingExample } from './training-source.js';
import type { Step } from './step.js';
import { createTinyRun } from './tiny-run.test-support.js';
import { train } from './train.js';

let folder: string;
let model: FgamModel;
let examples: readonly TrainingExample[];

beforeAll(async () => {
  ({ folder, examples, model } = await createTinyRun());
});

const seen = () => ({ name: 'seen', examples, length: 16 });
const alone = () => ({ ...seen(), name: 'alone', readsImages: false });

function stepOf(options: Partial<ModelStepOptions> = {}): Step {
  return createModelStep({
    name: 'tuning',
    model,
    sources: [seen(), alone()],
    weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 },
    batchSize: 2,
    seed: 3,
    ...options,
  });
}

test('a source of texts alone takes turns with one of images', async () => {
  const step = stepOf();
  const first = await step.batch(1, {});
  const second = await step.batch(2, first.next);
  expect('pixels' in first.inputs).toBe(true);
  expect('pixels' in second.inputs).toBe(false);
  expect(second.tokens).toBeGreaterThan(0);
  expect(stepOf().identity).not.toEqual(stepOf({ sources: [seen(), { ...seen(), name: 'alone' }] }).identity);
});

test('texts alone teach the language model alone', async () => {
  const out = await mkdtemp(join(folder, 'alone-'));
  const step = stepOf({ sources: [alone()] });
  const { weights } = await train({
    ...{ step, out, steps: 3, schedule: { learningRate: 0.01, warmup: 1 } },
    optimizer: { weightDecay: 0 },
  });
  const changed = Object.keys(weights).filter(
    (name) => Buffer.compare(bytesOf(weights, name), bytesOf(model.weights, name)) !== 0,
  );
  expect(changed.length).toBeGreaterThan(0);
  expect(changed.filter((name) => !name.startsWith('language_model.'))).toEqual([]);
});

test('what texts alone cannot teach is refused', () => {
  const regions = { tokens: 0, global: 0, regionText: 1, spatial: 0 };
  expect(() => stepOf({ weights: regions })).toThrow(/a weight of tokens.*"alone"/);
  const unwritten = { name: 'alone', examples, readsImages: false };
  expect(() => stepOf({ sources: [{ ...alone(), name: 'written' }, unwritten] })).toThrow(
    /a length.*"alone"/,
  );
  expect(() =>
    stepOf({
      weights: { tokens: 1, global: 0, regionText: 0, spatial: 0, distillation: 1 },
      distillation: { teacher: model },
    }),
  ).toThrow(/no distillation.*"alone"/);
});

function bytesOf(weights: FgamModel['weights'], name: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = weights[name]?.data ?? new Float32Array();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
