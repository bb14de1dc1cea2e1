import { dirname, resolve } from 'node:path';
import { QUESTION_KINDS, type QuestionKind, readJson } from '@fgam/data';
import { type AlarmLimits, type Credit, CREDITS, PPO_ONLY, type RlStepOptions } from '@fgam/trainer';
import { z } from 'zod';
import { GROUNDED } from '../ports/open-critic.js';
import { TEXT } from '../ports/open-module.js';
import { type AdaptedConfig, adaptedSettings, checkAdaptedConfig } from './adapted-config.js';
import { isShippedName } from './model-names.js';
import { acceptConfig, type Checked, type ConfigOverrides } from './parse-config.js';

/** The critic that knows the truth of its scenes, as a reward. */
export const ORACLE_REWARD = 'oracle';

const count = z.int().min(1);
const path = z.string().min(1);
const share = z.number().min(0).max(1);
const positive = z.number().positive();

const rlForm = z.strictObject({
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
  credit: z.enum(CREDITS).exactOptional(),
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

/** The form of the config with what its settings ask of each other. */
const rlSchema = rlForm.check(({ value, issues }) => {
  const fault = (path: readonly string[], message: string): unknown =>
    issues.push({ code: 'custom', input: value, path: [...path], message });
  const { algorithm = 'ppo', questions, questionsPerRow = 1, samples = 1, minibatch } = value;
  if (minibatch > questions * samples)
    fault(
      ['minibatch'],
      `expected at most questions * samples (${questions} * ${samples}), got ${minibatch}: an iteration has no more trajectories`,
    );
  if (questions % questionsPerRow > 0 || minibatch % questionsPerRow > 0)
    fault(
      ['questionsPerRow'],
      `expected a divisor of questions (${questions}) and minibatch (${minibatch}), got ${questionsPerRow}`,
    );
  if (algorithm !== 'grpo' && value.adaptiveKl !== undefined && value.klCoefficient === 0)
    fault(['adaptiveKl'], 'expected a klCoefficient above 0 to adapt, got 0');
  if (questionsPerRow > 1 && value.adapter !== undefined)
    fault(['questionsPerRow'], 'expected with compact models alone, without adapter');
  if (algorithm === 'grpo') {
    if (samples < 2)
      fault(
        ['samples'],
        `expected at least 2 with GRPO, which compares the answers to a question, got ${samples}`,
      );
    for (const [key, reason] of Object.entries(PPO_ONLY))
      if (value[key as keyof typeof PPO_ONLY] !== undefined)
        fault([key], `expected with PPO alone: ${reason}`);
    if (value.credit === 'claim') fault(['credit'], 'expected with PPO alone: GRPO compares whole responses');
  }
  if (value.alarms?.disagreement !== undefined && value.auditor === undefined)
    fault(['alarms', 'disagreement'], 'expected an auditor with it, whose disagreement it limits');
  for (const key of ['critic', 'auditor'] as const)
    if (value[key] === GROUNDED && value.adapter !== undefined)
      fault(
        [key],
        "expected oracle, compact-grounding or a rectification module's folder beside a model of the Hugging Face hub, which has no region-text heads, got grounded",
      );
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
  /**
   * The reward: `grounded`, `oracle`, `compact-grounding`, the folder of a rectification module (or
   * `compact-image-module`) or of a model with a detection head, or `text:` and the folder (or
   * `compact-module`) of one that reads evidence.
   */
  readonly critic: string;
  /** A second critic, which is not the reward: where the two part, the reward may be gamed. */
  readonly auditor?: string;
  /** Trajectories of each question. */
  readonly samples?: number;
  /** Most revisions. */
  readonly rounds?: number;
  readonly maxTokens?: number;
  /** What earns a reward: a response as a whole, or each of its claims (PPO). Default `response`. */
  readonly credit?: Credit;
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
  return acceptConfig(checkRlConfig(await readJson(file), file, overrides), file, 'rl');
}

/** As {@link readRlConfig}, of a config that may be part of another: paths are relative to that file. */
export function checkRlConfig(
  raw: unknown,
  file: string,
  overrides: ConfigOverrides = {},
): Checked<RlConfig> {
  const checked = checkAdaptedConfig(raw, file, overrides, rlSchema);
  if ('faults' in checked) return checked;
  const { critic, auditor } = checked.config;
  return {
    config: {
      ...checked.config,
      critic: criticAt(critic, file),
      ...(auditor === undefined ? {} : { auditor: criticAt(auditor, file) }),
    },
  };
}

function criticAt(critic: string, file: string): string {
  const at = (folder: string): string => resolve(dirname(file), folder);
  if (critic.startsWith(TEXT)) {
    const module = critic.slice(TEXT.length);
    return isShippedName(module) ? critic : `${TEXT}${at(module)}`;
  }
  return [GROUNDED, ORACLE_REWARD].includes(critic) || isShippedName(critic) ? critic : at(critic);
}
