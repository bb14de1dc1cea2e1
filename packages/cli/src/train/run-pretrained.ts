import { join } from 'node:path';
import type { Communicator, Weights } from '@fgam/compile';
import {
  type Adapter,
  createAdapter,
  loadPretrained,
  mergeAdapter,
  saveAdapter,
  savePretrained,
} from '@fgam/models';
import { createPretrainedStep } from '@fgam/trainer';
import { say } from '../output.js';
import { fittingSources } from './fitting-sources.js';
import { pretrainedSources } from './pretrained-sources.js';
import { isWriter } from './processes.js';
import type { TrainConfig } from './train-config.js';
import type { TrainedFolders, TrainSteps } from './run-train.js';
import { trainingWeights } from './training-weights.js';

/** What {@link runPretrained} takes beside a config. */
export interface RunPretrainedOptions {
  /** Whether the model is written with its adapter in it, too. */
  readonly merge: boolean;
  /** Runs the updates of a step. */
  readonly train: TrainSteps;
  /** Processes that train together; the first of them writes. */
  readonly communicator?: Communicator | undefined;
}

/**
 * Trains a checkpoint of the Hugging Face hub, whole, in part or by an adapter, and writes what came
 * of it: a folder that transformers loads, or an adapter in PEFT's layout, and with `merge` the
 * model with the adapter in it.
 *
 * @returns undefined in a process that trains with others and is not the one that writes
 * @throws FgamError `fgam/bad-config` for frozen parts that the model does not have, or that leave nothing;
 * as reading, training and saving do
 */
export async function runPretrained(
  config: TrainConfig,
  { merge, train, communicator }: RunPretrainedOptions,
): Promise<TrainedFolders | undefined> {
  const { stage, seed, batchSize, microBatches = 1, rowTokens, recompute, hacl, out } = config;
  const model = await loadPretrained(config.model, { weights: trainingWeights(config) });
  const { family } = model;
  const adapter = config.adapter && createAdapter(family, { ...config.adapter, seed });
  const parts = microBatches * (communicator?.size ?? 1);
  const sources = await fittingSources(model, await pretrainedSources(config), { rowTokens, parts });
  const trained = Object.values((adapter ?? model).weights).reduce((sum, { data }) => sum + data.length, 0);
  say(`${family.modelType}: ${trained} parameters trained`);
  for (const { name, examples } of sources) say(`${name}: ${examples.length} images with prompts`);
  const step = await createPretrainedStep({
    name: stage,
    model,
    ...(adapter === undefined ? {} : { adapter }),
    sources,
    batchSize,
    seed,
    ...(rowTokens === undefined ? {} : { rowTokens }),
    microBatches: parts,
    ...(recompute === undefined ? {} : { recompute }),
    ...(hacl === undefined ? {} : { hacl }),
  });
  const { weights, checkpoint } = await train(step);
  if (!isWriter(communicator)) return undefined;
  if (adapter === undefined) {
    await saveWhole(join(out, 'model'), config.model, weights);
    return { checkpoint, model: join(out, 'model') };
  }
  const learnt = { ...adapter, weights: ofAdapter(adapter, weights) };
  await saveAdapter(join(out, 'adapter'), family, learnt, { base: config.model });
  const folders = { checkpoint, model: config.model, adapter: join(out, 'adapter') };
  if (!merge) return folders;
  const whole = mergeAdapter(await loadPretrained(config.model), learnt);
  await savePretrained(join(out, 'model'), whole);
  return { ...folders, merged: join(out, 'model') };
}

/** The base with what was trained in place of its own; what a loss alone reads stays in the checkpoint. */
async function saveWhole(folder: string, base: string, trained: Weights): Promise<void> {
  const model = await loadPretrained(base);
  const own = Object.entries(trained).filter(([name]) => model.weights[name] !== undefined);
  await savePretrained(folder, { ...model, weights: { ...model.weights, ...Object.fromEntries(own) } });
}

/** The adapter's own weights among those of a run, which has its scales beside them. */
function ofAdapter({ weights }: Adapter, trained: Weights): Weights {
  return Object.fromEntries(Object.entries(trained).filter(([name]) => weights[name] !== undefined));
}
