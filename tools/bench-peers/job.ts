import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostTensor, readSafetensors, type Weights, writeSafetensors } from '@fgam/compile';
import { type ModelConfig, parseConfig, type Recompute } from '@fgam/models';
import type { LossWeights } from '@fgam/trainer';

/** Settings of AdamW that every peer uses. */
interface Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

/** A training step: which loss, which weights are trained, how. */
export interface TrainingDetails {
  readonly kind: 'training';
  /** `tokens`: a decoder's next token; `classes`: of images; `composite`: the trainer's loss. */
  readonly loss: 'tokens' | 'classes' | 'composite';
  readonly lossWeights?: LossWeights;
  readonly blockLength?: number;
  /** What we compute again in the backward pass; peers keep what they keep. Default: nothing. */
  readonly recompute?: Recompute;
  readonly learningRate: number;
  readonly optimizer: Optimizer;
  readonly trainable: readonly string[];
  readonly decays: readonly string[];
}

/** Greedy decoding with a key-value cache. */
interface DecodeDetails {
  readonly kind: 'decode';
  readonly texts: readonly string[];
  readonly newTokens: number;
  /** Places before the text, of visual tokens. */
  readonly positionOffset: number;
  /** Tokens that are never chosen. */
  readonly forbidden: readonly number[];
}

/** What every peer runs: written by `writeJob`, read by `readJob` here and by `python/job.py`. */
export interface Job {
  readonly program: string;
  readonly config: ModelConfig;
  readonly details: TrainingDetails | DecodeDetails;
  readonly weights: Weights;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

/** Writes a job's files into a folder. */
export async function writeJob(folder: string, { program, config, details, ...job }: Job): Promise<void> {
  await writeSafetensors(join(folder, 'weights.safetensors'), job.weights);
  await writeSafetensors(join(folder, 'inputs.safetensors'), job.inputs);
  await writeFile(join(folder, 'job.json'), JSON.stringify({ program, config, ...details }));
}

/** Reads what `writeJob` wrote. */
export async function readJob(folder: string): Promise<Job> {
  const { program, config, ...details } = JSON.parse(
    await readFile(join(folder, 'job.json'), 'utf8'),
  ) as Pick<Job, 'program'> & { config: unknown } & Job['details'];
  const { weights } = await readSafetensors(join(folder, 'weights.safetensors'));
  const { weights: inputs } = await readSafetensors(join(folder, 'inputs.safetensors'));
  return { program, config: parseConfig(config), details: details as Job['details'], weights, inputs };
}
