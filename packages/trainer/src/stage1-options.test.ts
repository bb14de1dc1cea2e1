import { createTrainingStep } from '@fgam/compile';
import { type FgamModel, withHeads } from '@fgam/models';
import { beforeAll, describe, expect, test } from 'vitest';
import { differentiated } from '../../models/src/gradients.test-support.js';
import { createModelStep, type ModelStepOptions } from './model-step.js';
import type { TrainingExample } from './training-source.js';
import type { Step } from './step.js';
import { createTinyRun } from './tiny-run.test-support.js';

const NOTHING = { tokens: 0, global: 0, regionText: 0, spatial: 0 };
const TOWER = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };

let model: FgamModel;
let examples: readonly TrainingExample[];

beforeAll(async () => {
  ({ model, examples } = await createTinyRun());
});

function stepOf(options: Partial<ModelStepOptions>): Step {
  return createModelStep({
    name: 'test',
    model,
    sources: [{ name: 'all', examples, length: 16, blockLength: 16 }],
    weights: NOTHING,
    batchSize: 4,
    seed: 3,
    maxRegions: 2,
    maxTokens: 4,
    maxCaptionTokens: 4,
    ...options,
  });
}

/** Loss, parts and gradients of a step's first batch. */
async function firstOf(step: Step) {
  const differentiable = differentiated(step.loss, step);
  const { inputs } = await step.batch(1, {});
  const { parts: all, gradients } = await differentiable.gradients(inputs);
  await differentiable.dispose();
  const { total = Number.NaN, ...parts } = all;
  return { total, parts, gradients };
}

/** The first and the last loss of some updates by one batch, with the parts of the last. */
async function learnt(step: Step, updates: number) {
  const { loss, weights, trainable } = step;
  const training = createTrainingStep({ loss, weights, optimizer: { trainable } });
  const { inputs } = await step.batch(1, {});
  const first = await training.run(inputs, { learningRate: 0.01 });
  let last = first;
  for (let i = 1; i < updates; i++) last = await training.run(inputs, { learningRate: 0.01 });
  await training.dispose();
  return { first, last };
}

const heads = (given: Parameters<typeof withHeads>[1]): FgamModel => withHeads(model, given, 5);

describe('options of stage 1', () => {
  test('hard negatives as columns: another loss, no term of their own, and a run of its own', async () => {
    const weights = { ...NOTHING, regionText: 1 };
    const [plain, columns] = [
      stepOf({ weights }),
      stepOf({ weights, negatives: { columns: true, count: 2 } }),
    ];
    expect(columns.identity).toMatchObject({ negatives: { columns: true, count: 2 } });
    expect(plain.identity).not.toHaveProperty('negatives');
    const [without, withColumns] = [await firstOf(plain), await firstOf(columns)];
    // More to be told from: with the same model the loss can only grow.
    expect(withColumns.parts['regionText']).toBeGreaterThan(without.parts['regionText'] ?? Number.NaN);
    expect(withColumns.parts).not.toHaveProperty('hardNegatives');
    const both = stepOf({
      weights: { ...weights, hardNegatives: 0.5 },
      negatives: { columns: true, count: 2 },
    });
    const { parts, total } = await firstOf(both);
    expect(parts['regionText']).toBeCloseTo(withColumns.parts['regionText'] ?? Number.NaN, 5);
    expect(total).toBeCloseTo((parts['regionText'] ?? 0) + 0.5 * (parts['hardNegatives'] ?? 0), 5);
  });

  test('SCC of descriptions trains the texts, SCC of regions does not', async () => {
    const spatialText = await firstOf(stepOf({ weights: { ...NOTHING, spatialText: 1 } }));
    const spatial = await firstOf(stepOf({ weights: { ...NOTHING, spatial: 1 } }));
    const size = (found: typeof spatial, name: string): number =>
      Math.hypot(...(found.gradients[name]?.data ?? [0]));
    expect(size(spatialText, 'fgam.text_projection.weight')).toBeGreaterThan(1e-4);
    expect(size(spatialText, 'fgam.relation_head.linear_1.weight')).toBeGreaterThan(1e-4);
    expect(size(spatial, 'fgam.text_projection.weight')).toBe(0);
    expect(size(spatial, 'fgam.vision_projection.weight')).toBeGreaterThan(1e-4);
    expect(spatialText.gradients).not.toHaveProperty(['fgam.vision_projection.weight']);
  });

  test('relations by another rule are other labels, and another run', async () => {
    const weights = { ...NOTHING, spatial: 1 };
    const near = stepOf({ weights, relations: { maxDistance: 0.1 } });
    const labels = async (step: Step) => [...((await step.batch(1, {})).inputs['relations']?.data ?? [])];
    // The two regions lie side by side, half an image apart.
    expect(Math.max(...(await labels(stepOf({ weights }))))).toBeGreaterThan(-1);
    expect(Math.max(...(await labels(near)))).toBe(-1);
    expect(near.identity).toMatchObject({ relations: { maxDistance: 0.1 } });
  });

  test('with a text tower of its own the language model is left as it is', async () => {
    const weights = { ...NOTHING, regionText: 1, global: 1 };
    const step = stepOf({ weights, model: heads({ text_tower: TOWER }) });
    const { gradients } = await firstOf(step);
    expect(Object.keys(gradients).filter((name) => name.startsWith('language_model.'))).toEqual([]);
    const tower = Object.entries(gradients).filter(([name]) => name.startsWith('fgam.text_tower.'));
    expect(tower).toHaveLength(21);
    for (const [name, { data }] of tower) {
      // A key's bias moves all scores of a query alike.
      if (!name.endsWith('k_proj.bias')) expect(Math.hypot(...data), name).toBeGreaterThan(1e-7);
    }
  });

  test.each(['mlp', 'transformer'] as const)(
    'a relation head of kind %s learns the relation',
    async (kind) => {
      const transformer = { num_attention_heads: 2, intermediate_size: 16 };
      const step = stepOf({
        weights: { ...NOTHING, spatial: 1 },
        model: kind === 'mlp' ? model : heads({ relation_transformer: transformer }),
      });
      // Both regions show one colour: only their places tell left from right.
      const { first, last } = await learnt(step, 60);
      expect(last.loss).toBeLessThan(first.loss / 2);
    },
  );

  test('detection finds the two regions, and trains its head and texts alone of the heads', async () => {
    const step = stepOf({
      weights: { ...NOTHING, detection: 1 },
      model: heads({ box_hidden_size: 8 }),
      maxPhrases: 4,
    });
    expect(step.identity).toMatchObject({ maxPhrases: 4 });
    const { gradients, parts } = await firstOf(step);
    const reached = Object.keys(gradients).filter((name) => name.startsWith('fgam.'));
    expect(reached.sort()).toEqual([
      'fgam.box_head.linear_1.bias',
      'fgam.box_head.linear_1.weight',
      'fgam.box_head.linear_2.bias',
      'fgam.box_head.linear_2.weight',
      'fgam.detection_logit_bias',
      'fgam.detection_logit_scale',
      'fgam.detection_projection.weight',
      'fgam.text_projection.weight',
    ]);
    for (const name of reached) expect(Math.hypot(...(gradients[name]?.data ?? [])), name).toBeGreaterThan(0);
    expect(parts['detection']).toBeGreaterThan(parts['detectionGiou'] ?? Number.NaN);
    const { last } = await learnt(step, 80);
    expect(last.parts['detectionGiou']).toBeLessThan((parts['detectionGiou'] ?? 0) / 2);
    expect(last.loss).toBeLessThan((parts['detection'] ?? 0) / 2);
  });

  test('detection without its head is refused', () => {
    expect(() => stepOf({ weights: { ...NOTHING, detection: 1 } })).toThrow(
      'expected a model with fgam.box_hidden_size',
    );
  });
});
