import { dirname, resolve } from 'node:path';
import { QUESTION_KINDS, type QuestionKind, readJson } from '@fgam/data';
import type { AlarmLimits, RlStepOptions } from '@fgam/trainer';
import { z } from 'zod';
import { GROUNDED } from '../ports/open-critic.js';
import { type AdaptedConfig, adaptedSettings, parseAdaptedConfig } from './adapted-config.js';
import { GROUNDING_MODEL } from './model-names.js';
import type { ConfigOverrides } from './parse-config.js';

/** The critic that knows the truth of its scenes, as a reward. */
export const ORACLE_REWARD = 'oracle';

const count = z.int().min(1);
const path = z.string().min(1);
const share = z.number().min(0).max(1);
const positive = z.number().positive();

const rlSchema = z.strictObject({
  ...adaptedSettings,
  critic: path,
  auditor: path.exactOptional(),
  algorithm: z.enum(['ppo', 'grpo']).exactOptional(),
  questions: count,
  questionsPerRow: count.exactOptional(),
  samples: count.exactOptional(),
  minibatch: count,
  epochs: count.exactOptional(),
  rounds: z.int().min(0).exactOptional(),
  maxTokens: count.exactOptional(),
  kinds: z.array(z.enum(QUESTION_KINDS)).min(1).exactOptional(),
  klCoefficient: z.number().min(0).exactOptional(),
  adaptiveKl: z.strictObject({ target: positive, horizon: positive.exactOptional() }).exactOptional(),
  maxKl: positive.exactOptional(),
  roundDiscount: share.exactOptional(),
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
});

/** A run of `fgam train rl` as its config file and the command line state it; paths are absolute. */
export interface RlConfig
  extends AdaptedConfig,
    Pick<
      RlStepOptions,
      | 'algorithm'
      | 'questions'
      | 'questionsPerRow'
      | 'minibatch'
      | 'epochs'
      | 'klCoefficient'
      | 'adaptiveKl'
      | 'maxKl'
      | 'roundDiscount'
      | 'gamma'
      | 'lambda'
      | 'clip'
      | 'valueWeight'
    > {
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
  readonly kinds?: readonly QuestionKind[];
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
  const config = parseAdaptedConfig(raw, file, overrides, { stage: 'rl', schema: rlSchema });
  const names = [GROUNDED, ORACLE_REWARD, GROUNDING_MODEL];
  const at = (critic: string): string => (names.includes(critic) ? critic : resolve(dirname(file), critic));
  const { critic, auditor } = config;
  return { ...config, critic: at(critic), ...(auditor === undefined ? {} : { auditor: at(auditor) }) };
}
