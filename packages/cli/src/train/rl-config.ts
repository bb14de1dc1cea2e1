import { dirname, resolve } from 'node:path';
import { readJson } from '@fgam/data';
import type { AlarmLimits, OptimizerSettings, RlStepOptions, Schedule } from '@fgam/trainer';
import { z } from 'zod';
import { COMPACT_OPTIMIZER, PRETRAINED_OPTIMIZER } from '../recipes/optimizer.js';
import { GROUNDED } from '../ports/open-critic.js';
import { GROUNDING_MODEL, BASE_MODEL } from './model-names.js';
import { type ConfigOverrides, parseConfig } from './parse-config.js';
import type { AdaptedConfig } from './adapted-model.js';
import { adapterSchema, optimizerSchema, promptsSchema, scheduleSchema } from './train-schema.js';

/** The critic that knows the truth of its scenes, as a reward. */
export const ORACLE_REWARD = 'oracle';

const count = z.int().min(1);
const path = z.string().min(1);
const share = z.number().min(0).max(1);
const positive = z.number().positive();

/** For models of the Hugging Face hub: a new adapter or the folder of one, and how prompts are written. */
export const adaptedSettings = {
  adapter: z.union([adapterSchema, path]).exactOptional(),
  prompts: promptsSchema.exactOptional(),
} as const;

/** What `fgam train rl` reads beside data, model and output folder. */
export const rlSettings = {
  steps: count,
  schedule: scheduleSchema,
  optimizer: optimizerSchema.exactOptional(),
  saveEvery: count.exactOptional(),
  critic: path,
  auditor: path.exactOptional(),
  algorithm: z.enum(['ppo', 'grpo']).exactOptional(),
  questions: count,
  samples: count.exactOptional(),
  minibatch: count,
  epochs: count.exactOptional(),
  rounds: z.int().min(0).exactOptional(),
  maxTokens: count.exactOptional(),
  kinds: z
    .array(z.enum(['existence', 'spatial', 'attribute', 'grounding', 'reasoning', 'location', 'caption']))
    .min(1)
    .exactOptional(),
  klCoefficient: z.number().min(0).exactOptional(),
  adaptiveKl: z.strictObject({ target: positive, horizon: positive.exactOptional() }).exactOptional(),
  maxKl: positive.exactOptional(),
  gamma: share.exactOptional(),
  lambda: share.exactOptional(),
  clip: positive.exactOptional(),
  valueWeight: z.number().min(0).exactOptional(),
  alarms: z
    .strictObject({
      length: z.number().gt(1).exactOptional(),
      refusals: share.exactOptional(),
      yesRatio: share.exactOptional(),
      disagreement: share.exactOptional(),
    })
    .exactOptional(),
} as const;

const rlSchema = z.strictObject({
  data: path,
  model: path,
  out: path,
  seed: z.int().exactOptional(),
  ...adaptedSettings,
  ...rlSettings,
});

/** A run of `fgam train rl` as its config file and the command line state it; paths are absolute. */
export interface RlConfig
  extends AdaptedConfig,
    Pick<
      RlStepOptions,
      | 'algorithm'
      | 'questions'
      | 'minibatch'
      | 'epochs'
      | 'klCoefficient'
      | 'adaptiveKl'
      | 'maxKl'
      | 'gamma'
      | 'lambda'
      | 'clip'
      | 'valueWeight'
    > {
  readonly data: string;
  readonly out: string;
  /** Updates in all. */
  readonly steps: number;
  readonly schedule: Schedule;
  readonly optimizer: OptimizerSettings;
  readonly saveEvery?: number;
  /** The reward: `grounded`, `oracle`, `compact-grounding`, or the folder of a rectification module or of a model with a detection head. */
  readonly critic: string;
  /** A second critic, which is not the reward: where the two part, the reward may be gamed. */
  readonly auditor?: string;
  /** Trajectories of each question. */
  readonly samples?: number;
  /** Most revisions. */
  readonly rounds?: number;
  readonly maxTokens?: number;
  /** Kinds of questions that are asked. Default: all. */
  readonly kinds?: readonly string[];
  readonly alarms?: AlarmLimits;
}

/**
 * Reads the config of an RL run. Paths in it are relative to the file; those of the command line to the working folder.
 *
 * @throws FgamError `fgam/bad-config` with the path of every fault; `data/bad-json`, `data/missing-file`
 */
export async function readRlConfig(file: string, overrides: ConfigOverrides = {}): Promise<RlConfig> {
  return parseRlConfig(await readJson(file), file, overrides);
}

/** As {@link readRlConfig}, of a config that is part of another: paths are relative to that file, and faults name it. */
export function parseRlConfig(raw: unknown, file: string, overrides: ConfigOverrides = {}): RlConfig {
  const parsed = parseConfig(raw, file, overrides, {
    stage: 'rl',
    schema: rlSchema,
    isModelName: (model) => model === BASE_MODEL,
  });
  const { seed = 1, optimizer, ...config } = parsed;
  const at = (where: string): string => resolve(dirname(file), where);
  const names = [GROUNDED, ORACLE_REWARD, GROUNDING_MODEL];
  const critic = (name: string): string => (names.includes(name) ? name : at(name));
  const { adapter } = config;
  return {
    ...config,
    seed,
    ...(typeof adapter === 'string' ? { adapter: at(adapter) } : {}),
    optimizer: { ...(adapter === undefined ? COMPACT_OPTIMIZER : PRETRAINED_OPTIMIZER), ...optimizer },
    data: at(config.data),
    out: at(config.out),
    model: config.model === BASE_MODEL ? config.model : at(config.model),
    critic: critic(config.critic),
    ...(config.auditor === undefined ? {} : { auditor: critic(config.auditor) }),
  };
}
