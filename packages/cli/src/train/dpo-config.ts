import { dirname, resolve } from 'node:path';
import { readJson } from '@fgam/data';
import type { OptimizerSettings, Schedule } from '@fgam/trainer';
import { z } from 'zod';
import { COMPACT_OPTIMIZER, PRETRAINED_OPTIMIZER } from '../recipes/optimizer.js';
import { BASE_MODEL } from './model-names.js';
import { type ConfigOverrides, parseConfig } from './parse-config.js';
import type { AdaptedConfig } from './adapted-model.js';
import { adaptedSettings } from './rl-config.js';
import { optimizerSchema, scheduleSchema } from './train-schema.js';

const count = z.int().min(1);
const path = z.string().min(1);
const dpoSchema = z.strictObject({
  data: path,
  images: path.exactOptional(),
  model: path,
  ...adaptedSettings,
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
export interface DpoConfig extends AdaptedConfig {
  /** A trajectories file. */
  readonly data: string;
  /** Folder that its images are relative to: the file's own unless it is said. */
  readonly images: string;
  readonly out: string;
  readonly steps: number;
  /** Pairs of an update. */
  readonly batchSize: number;
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
export async function readDpoConfig(file: string, overrides: ConfigOverrides = {}): Promise<DpoConfig> {
  const parsed = parseConfig(await readJson(file), file, overrides, {
    stage: 'dpo',
    schema: dpoSchema,
    isModelName: (model) => model === BASE_MODEL,
  });
  const { seed = 1, optimizer, images, ...config } = parsed;
  const at = (where: string): string => resolve(dirname(file), where);
  const { adapter } = config;
  return {
    ...config,
    seed,
    ...(typeof adapter === 'string' ? { adapter: at(adapter) } : {}),
    optimizer: { ...(adapter === undefined ? COMPACT_OPTIMIZER : PRETRAINED_OPTIMIZER), ...optimizer },
    data: at(config.data),
    images: images === undefined ? dirname(at(config.data)) : at(images),
    out: at(config.out),
    model: config.model === BASE_MODEL ? config.model : at(config.model),
  };
}
