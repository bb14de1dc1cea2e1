import { join, resolve } from 'node:path';
import { FgamError } from '@fgam/data';
import { type FgamModel, saveModel } from '@fgam/models';
import { formatPrompt } from '@fgam/rectifier';
import { createDpoStep, type PreferencePair, readMetrics } from '@fgam/trainer';
import { say } from '../output.js';
import { type RunStart, runTraining } from '../run-training.js';
import { weightsSha256 } from '../weights-sha256.js';
import type { DpoConfig } from './dpo-config.js';
import { openAdapted } from './adapted-model.js';
import { openNamedModel } from './open-model.js';
import { readAlone } from './read-alone.js';

/** What a run came to. */
export interface DpoSummary {
  readonly stage: 'dpo';
  readonly out: string;
  readonly steps: number;
  /** Pairs of an accepted and a refused response. */
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
 * Trains a model to prefer what trajectories ended with, where it was accepted, to the refused response that they began with.
 *
 * @throws FgamError `data/empty` for trajectories without such a pair; as reading, training and saving do
 */
export async function runDpo(
  config: DpoConfig,
  options: RunStart & { readonly signal: AbortSignal },
): Promise<DpoSummary> {
  const { out, steps, batchSize, seed, schedule, optimizer, saveEvery, beta, labelSmoothing } = config;
  const { backend } = options;
  const adapted = await openAdapted(config);
  const compact = adapted === undefined ? (await openNamedModel(config.model)).model : undefined;
  const pairs = await readPairs(config, adapted?.format ?? formatPrompt);
  say(`${pairs.length} pairs of an accepted and a refused response`);
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
  const folders = (await adapted?.save(out, trained.weights)) ?? { model: join(out, 'model') };
  if (compact !== undefined) await saveModel(folders.model, { ...compact, weights: trained.weights });
  const last = (await readMetrics(join(out, 'metrics.jsonl'))).at(-1);
  return {
    stage: 'dpo',
    out,
    steps,
    pairs: pairs.length,
    ...folders,
    checkpoint: trained.checkpoint,
    sha256: await weightsSha256(trained.checkpoint),
    loss: last?.loss,
    accuracy: last?.parts['accuracy'],
  };
}

async function readPairs(
  { data, images }: DpoConfig,
  format: (question: string) => string,
): Promise<PreferencePair[]> {
  const pairs = (await readAlone(data)).flatMap(
    ({ image, question, attempts, final, stop }): PreferencePair[] => {
      const rejected = attempts.find(({ feedback }) => feedback?.verdict === 'revise')?.response;
      return stop !== 'accepted' || rejected === undefined || rejected === final
        ? []
        : [{ image: resolve(images, image), prompt: format(question), chosen: final, rejected }];
    },
  );
  if (pairs.length > 0) return pairs;
  throw new FgamError(
    'data/empty',
    `${data}: expected trajectories that were refused and then accepted, got none; make some with fgam data trajectories, or by fgam bench run scenes --critic`,
  );
}
