import { dirname, resolve } from 'node:path';
import type { AdapterOptions } from '@fgam/models';
import type { OptimizerSettings, Schedule } from '@fgam/trainer';
import { z } from 'zod';
import { COMPACT_OPTIMIZER, PRETRAINED_OPTIMIZER } from '../recipes/optimizer.js';
import { isBaseName } from './model-names.js';
import { checkConfig, type Checked, type ConfigOverrides } from './parse-config.js';
import { adapterSchema, optimizerSchema, promptsSchema, scheduleSchema } from './train-schema.js';

const count = z.int().min(1);
const path = z.string().min(1);

/**
 * What configs of RL and DPO have in common; of a model of the Hugging Face hub also a new adapter or the
 * folder of one, and how prompts are written.
 */
export const adaptedSettings = {
  data: path,
  model: path,
  adapter: z.union([adapterSchema, path]).exactOptional(),
  prompts: promptsSchema.exactOptional(),
  out: path,
  steps: count,
  seed: z.int().exactOptional(),
  schedule: scheduleSchema,
  optimizer: optimizerSchema.exactOptional(),
  saveEvery: count.exactOptional(),
} as const;

/** The same as a run has it; paths are absolute. */
export interface AdaptedConfig {
  readonly data: string;
  /** `compact-base`, `compact-minigpt4` or a model folder. */
  readonly model: string;
  /** A new adapter, or the folder of one to go on from. */
  readonly adapter?: Omit<AdapterOptions, 'seed'> | string;
  readonly prompts?: 'paper-1' | 'instruct-1';
  readonly out: string;
  /** Updates in all. */
  readonly steps: number;
  readonly seed: number;
  readonly schedule: Schedule;
  readonly optimizer: OptimizerSettings;
  readonly saveEvery?: number;
}

/**
 * Checks a config that has these settings, and sets what it leaves out. Paths in it are relative to the file;
 * those of the command line to the working folder.
 */
export function checkAdaptedConfig<Config extends z.output<z.ZodObject<typeof adaptedSettings>>>(
  raw: unknown,
  file: string,
  overrides: ConfigOverrides,
  schema: z.ZodType<Config>,
): Checked<Config & Pick<AdaptedConfig, 'seed' | 'optimizer'>> {
  const checked = checkConfig(raw, overrides, { schema, isModelName: isBaseName });
  if ('faults' in checked) return checked;
  const at = (where: string): string => resolve(dirname(file), where);
  const { data, model, adapter, out, seed = 1, optimizer } = checked.config;
  const config = {
    ...checked.config,
    seed,
    ...(typeof adapter === 'string' ? { adapter: at(adapter) } : {}),
    optimizer: { ...(adapter === undefined ? COMPACT_OPTIMIZER : PRETRAINED_OPTIMIZER), ...optimizer },
    data: at(data),
    out: at(out),
    model: isBaseName(model) ? model : at(model),
  };
  return { config };
}
