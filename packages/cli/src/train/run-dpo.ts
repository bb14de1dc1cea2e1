import { join } from 'node:path';
import { type FgamModel, saveModel } from '@fgam/models';
import { formatPrompt } from '@fgam/rectifier';
import { createDpoStep, type DpoStep, readMetrics } from '@fgam/trainer';
import { say } from '../output.js';
import { type RunStart, runTraining } from '../run-training.js';
import { weightsSha256 } from '../weights-sha256.js';
import type { DpoConfig } from './dpo-config.js';
import { openAdapted } from './adapted-model.js';
import { openNamedModel } from './open-model.js';
import { readPreferencePairs } from './preference-pairs.js';
import { checkShares, isWriter } from './processes.js';

/** What a run came to. */
export interface DpoSummary {
  readonly stage: 'dpo';
  readonly out: string;
  readonly steps: number;
  /** Pairs of an accepted and a refused response that were trained on. */
  readonly pairs: number;
  readonly model: string;
  /** Adapter folder, of a model of the Hugging Face hub. */
  readonly adapter?: string;
  readonly checkpoint: string;
  /** Of the checkpoint's `model.safetensors`. */
  readonly sha256: string;
  readonly loss: number | undefined;
  /** Share of the last updates' pairs in which the policy prefers the better response more than the reference does. */
  readonly accuracy: number | undefined;
}

/**
 * Trains a model to prefer what trajectories ended with, where it was accepted, to the refused
 * response that they began with.
 *
 * @returns undefined in a process that trains with others and is not the one that writes
 * @throws FgamError as `readPreferencePairs`, training and saving do
 */
export async function runDpo(
  config: DpoConfig,
  options: RunStart & { readonly signal: AbortSignal },
): Promise<DpoSummary | undefined> {
  const { out, steps, batchSize, seed, schedule, optimizer, saveEvery, beta, labelSmoothing } = config;
  const { backend, communicator } = options;
  checkShares({ batchSize }, communicator);
  const adapted = await openAdapted(config);
  const compact = adapted === undefined ? (await openNamedModel(config.model)).model : undefined;
  const pairs = await readPreferencePairs(config, adapted?.format ?? formatPrompt);
  const step = await createDpoStep({
    name: 'dpo',
    model: adapted?.policy ?? (compact as FgamModel),
    pairs,
    batchSize,
    seed,
    ...(beta === undefined ? {} : { beta }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
    ...(backend === undefined ? {} : { backend }),
  });
  sayLeftOut(step.leftOut, pairs.length);
  const trained = await runTraining({
    label: 'train dpo',
    step,
    out,
    steps,
    schedule,
    optimizer,
    ...(saveEvery === undefined ? {} : { saveEvery }),
    ...options,
  });
  if (!isWriter(communicator)) return undefined;
  const folders = (await adapted?.save(out, trained.weights)) ?? { model: join(out, 'model') };
  if (compact !== undefined) await saveModel(folders.model, { ...compact, weights: trained.weights });
  const last = (await readMetrics(join(out, 'metrics.jsonl'))).at(-1);
  return {
    stage: 'dpo',
    out,
    steps,
    pairs: pairs.length - step.leftOut.length,
    ...folders,
    checkpoint: trained.checkpoint,
    sha256: await weightsSha256(trained.checkpoint),
    loss: last?.loss,
    accuracy: last?.parts['accuracy'],
  };
}

/** Trajectories that a line names. */
const SHOWN = 5;

/** Says which trajectories are not trained on, as the model can't tell their responses from each other. */
function sayLeftOut(leftOut: DpoStep['leftOut'], pairs: number): void {
  if (leftOut.length === 0) return;
  const ids = leftOut.slice(0, SHOWN).map(({ id }) => id);
  say(
    `${leftOut.length} of ${pairs} pairs left out: both responses are the same tokens; ids ${ids.join(', ')}${leftOut.length > SHOWN ? ', ...' : ''}`,
  );
}
