import { dirname, resolve } from 'node:path';
import { FgamError, readJson } from '@fgam/data';
import type { OptimizerSettings, Schedule } from '@fgam/trainer';
import { z } from 'zod';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { listFaults } from './list-faults.js';
import { BASE_MODEL } from './model-names.js';
import type { RlOverrides } from './rl-config.js';
import { optimizerSchema, scheduleSchema } from './train-schema.js';

const count = z.int().min(1);
const path = z.string().min(1);
const dpoSchema = z.strictObject({
  data: path,
  images: path.exactOptional(),
  model: path,
  out: path,
  steps: count,
  batchSize: count,
  seed: z.int().exactOptional(),
  schedule: scheduleSchema,
  optimizer: optimizerSchema.exactOptional(),
  saveEvery: count.exactOptional(),
  beta: z.number().positive().exactOptional(),
  labelSmoothing: z.number().min(0).max(0.5).exactOptional(),
});

/** A run of `fgam train dpo` as its config file and the command line state it; paths are absolute. */
export interface DpoConfig {
  /** A trajectories file. */
  readonly data: string;
  /** Folder that its images are relative to: the file's own unless it is said. */
  readonly images: string;
  readonly model: string;
  readonly out: string;
  readonly steps: number;
  /** Pairs of an update. */
  readonly batchSize: number;
  readonly seed: number;
  readonly schedule: Schedule;
  readonly optimizer: OptimizerSettings;
  readonly saveEvery?: number;
  readonly beta?: number;
  readonly labelSmoothing?: number;
}

/**
 * Reads the config of a DPO run. Paths in it are relative to the file; those of the command line to the working folder.
 *
 * @throws FgamError `fgam/bad-config` with the path of every fault; `data/bad-json`, `data/missing-file`
 */
export async function readDpoConfig(file: string, overrides: RlOverrides = {}): Promise<DpoConfig> {
  const raw = await readJson(file);
  const { data, model, out, ...plain } = overrides;
  const given = {
    ...plain,
    ...(data === undefined ? {} : { data: resolve(data) }),
    ...(out === undefined ? {} : { out: resolve(out) }),
    ...(model === undefined ? {} : { model: model === BASE_MODEL ? model : resolve(model) }),
  };
  const merged = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? { ...raw, ...given } : raw;
  const parsed = dpoSchema.safeParse(merged);
  if (!parsed.success)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${file}: expected a config of fgam train dpo, found ${listFaults(parsed.error).join('; ')}`,
    );
  const { seed = 1, optimizer, images, ...config } = parsed.data;
  const at = (where: string): string => resolve(dirname(file), where);
  return {
    ...config,
    seed,
    optimizer: { ...COMPACT_OPTIMIZER, ...optimizer },
    data: at(config.data),
    images: images === undefined ? dirname(at(config.data)) : at(images),
    out: at(config.out),
    model: config.model === BASE_MODEL ? config.model : at(config.model),
  };
}
