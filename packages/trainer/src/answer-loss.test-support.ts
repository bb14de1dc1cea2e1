import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTrainingStep, type HostTensor, type TrainingStepOptions } from '@fgam/compile';
import { answerBatch, imageBatch, loadPretrained, type PretrainedModel } from '@fgam/models';
import { z } from 'zod';
import { differentiated } from '../../models/src/gradients.test-support.js';

const compact = z.record(
  z.string(),
  z.object({ norm: z.number(), at: z.array(z.int()), values: z.array(z.number()) }),
);
const run = z.object({
  loss: z.number(),
  second_loss: z.number(),
  gradients: compact,
  unreached: z.array(z.string()),
  after: compact,
});
const schema = z.object({
  rows: z.array(
    z.object({
      case: z.string(),
      prompt_ids: z.array(z.int()),
      answer_ids: z.array(z.int()),
      instruction_ids: z.array(z.int()).default([]),
    }),
  ),
  optimizer: z.object({
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weight_decay: z.number(),
  }),
  whole: run,
  lora: run,
});

const pictures = z.object({ cases: z.record(z.string(), z.object({ images: z.array(z.string()) })) });

/** Of each tensor, by its name in transformers: its norm, and some of its entries. */
export type Compact = z.output<typeof compact>;

/** A tiny checkpoint with what torch makes of one batch. */
export interface TrainedCheckpoint {
  readonly folder: string;
  readonly model: PretrainedModel;
  readonly expected: z.output<typeof schema>;
  /** The batch. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

/** Reads `training.json` of a fixture of `@fgam/models`. */
export async function readTrainedCheckpoint(name: string): Promise<TrainedCheckpoint> {
  const folder = fileURLToPath(new URL(`../../models/test-fixtures/${name}`, import.meta.url));
  const expected = schema.parse(JSON.parse(await readFile(join(folder, 'training.json'), 'utf8')));
  const { cases } = pictures.parse(JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')));
  const model = await loadPretrained(folder);
  const looks = expected.rows.flatMap((row) =>
    (cases[row.case]?.images ?? []).map((path) => ({ path, instruction: row.instruction_ids })),
  );
  const prepared = await Promise.all(looks.map(({ path }) => model.processor.prepare(join(folder, path))));
  const instructions = looks.map(({ instruction }) => instruction);
  const { inputs: seen, places } = imageBatch(model.family, prepared, { instructions });
  const left = [...places];
  const rows = expected.rows.map((row) => ({
    promptIds: row.prompt_ids,
    answerIds: row.answer_ids,
    images: left.splice(0, cases[row.case]?.images.length),
  }));
  return { folder, model, expected, inputs: { ...seen, ...answerBatch(rows, model.family) } };
}

/** How far a loss and its gradients are from torch's. */
export interface GradientDistance {
  /** The largest relative difference of a loss. */
  readonly loss: number;
  readonly gradients: WorstDifference;
  /** Names of the weights that have a gradient. */
  readonly trained: readonly string[];
}

/** How far a loss, its gradients and two AdamW updates are from torch's. */
export interface TorchDistance extends GradientDistance {
  /** Of the weights after both updates. */
  readonly weights: WorstDifference;
}

/** The name of a weight here by its name in transformers. */
export function ownNames({ model }: TrainedCheckpoint): (stored: string) => string {
  return (stored) => {
    const rule = model.family.names.find(([prefix]) => stored.startsWith(prefix));
    return rule === undefined ? stored : rule[1] + stored.slice(rule[0].length);
  };
}

/** The loss that is looked at, and the weights that it reads. */
export type DistanceOptions = Pick<TrainingStepOptions, 'weights' | 'stored' | 'loss'>;

/** Without an update, whose graph takes longer to prepare. */
export async function gradientsFromTorch(
  tiny: TrainedCheckpoint,
  { loss, weights, stored }: DistanceOptions,
  trainable: (own: string) => boolean,
  expected: TrainedCheckpoint['expected']['whole'],
): Promise<GradientDistance> {
  const differentiable = differentiated(loss, { weights, stored, trainable });
  const { parts, gradients } = await differentiable.gradients(tiny.inputs);
  await differentiable.dispose();
  return {
    loss: Math.abs((parts['total'] ?? Number.NaN) - expected.loss) / expected.loss,
    gradients: worstDifference(gradients, expected.gradients, ownNames(tiny)),
    trained: Object.keys(gradients),
  };
}

/** Two updates as torch's; after the first one the first moment is 1 - beta1 of the gradient. */
export async function distanceFromTorch(
  tiny: TrainedCheckpoint,
  options: DistanceOptions,
  isTrained: (own: string) => boolean,
  expected: TrainedCheckpoint['expected']['whole'],
): Promise<TorchDistance> {
  const { lr: learningRate, betas, eps: epsilon, weight_decay: weightDecay } = tiny.expected.optimizer;
  const [beta1, beta2] = betas;
  const optimizer = { beta1, beta2, epsilon, weightDecay, trainable: isTrained };
  const step = createTrainingStep({ ...options, optimizer });
  const first = await step.run(tiny.inputs, { learningRate });
  const { firstMoment } = await step.state();
  const gradients = Object.entries(firstMoment).map(([name, { shape, data }]): [string, HostTensor] => [
    name,
    { shape, dtype: 'float32', data: Float32Array.from(data, (moment) => moment / (1 - beta1)) },
  ]);
  const second = await step.run(tiny.inputs, { learningRate });
  const weights = worstDifference(await step.weights(), expected.after, ownNames(tiny));
  await step.dispose();
  return {
    loss: Math.max(
      Math.abs(first.loss - expected.loss) / expected.loss,
      Math.abs(second.loss - expected.second_loss) / expected.second_loss,
    ),
    gradients: worstDifference(Object.fromEntries(gradients), expected.gradients, ownNames(tiny)),
    weights,
    trained: Object.keys(firstMoment),
  };
}

/** A difference, and where it is. */
interface WorstDifference {
  readonly name: string;
  readonly difference: number;
}

/**
 * The largest difference from torch's norms and entries: of a norm relative to it, of an entry relative to
 * the tensor's largest. Tensors that are rounding alone (below `floor`) count against that.
 */
function worstDifference(
  found: Readonly<Record<string, HostTensor>>,
  expected: Compact,
  ownName: (name: string) => string,
  floor = 1e-4,
): WorstDifference {
  let worst = { name: 'none', difference: 0 };
  const look = (name: string, difference: number): void => {
    if (!(difference <= worst.difference)) worst = { name, difference };
  };
  for (const [name, { norm, at, values }] of Object.entries(expected)) {
    const data = found[ownName(name)]?.data;
    if (data === undefined) look(name, Number.POSITIVE_INFINITY);
    else {
      look(`norm of ${name}`, Math.abs(Math.hypot(...data) - norm) / Math.max(norm, floor));
      const largest = Math.max(...values.map(Math.abs), floor);
      for (const [i, index] of at.entries())
        look(`${name}[${index}]`, Math.abs((data[index] ?? Number.NaN) - (values[i] ?? 0)) / largest);
    }
  }
  return worst;
}
