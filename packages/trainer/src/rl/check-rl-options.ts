import { trainerError } from '../error.js';
import type { Policy } from './policy.js';
import type { RlStepOptions } from './rl-step-options.js';

/**
 * Refuses options that no run could go by.
 *
 * @throws FgamError `trainer/no-data` without requests, `trainer/bad-config` naming every fault
 */
export function checkRlOptions(options: Options, { sharesRows }: Pick<Policy<unknown>, 'sharesRows'>): void {
  const { name, requests } = options;
  if (requests.length === 0)
    throw trainerError('trainer/no-data', `${name}: expected questions to answer, got none`);
  const faults = [...countFaults(options), ...numberFaults(options), ...algorithmFaults(options)];
  if (new Set(requests.map(({ id }) => id)).size !== requests.length)
    faults.push('requests: expected distinct ids');
  const { questionsPerRow = 1 } = options;
  if (questionsPerRow > 1 && !sharesRows)
    faults.push(
      `questionsPerRow: expected 1 for a policy whose rows have an image and a prompt each, got ${questionsPerRow}`,
    );
  if (faults.length > 0) throw trainerError('trainer/bad-config', `${name}: ${faults.join('; ')}`);
}

type Options = Omit<RlStepOptions, 'model' | 'rollOut'>;

function countFaults({ requests, questions, questionsPerRow = 1, minibatch, epochs = 1 }: Options): string[] {
  const faults = Object.entries({ questions, questionsPerRow, minibatch, epochs }).flatMap(
    ([option, value]) =>
      Number.isInteger(value) && value >= 1 ? [] : [`${option}: expected an integer from 1, got ${value}`],
  );
  if (questions > requests.length)
    faults.push(`questions: expected at most the ${requests.length} there are, got ${questions}`);
  if (questionsPerRow > 1 && (questions % questionsPerRow > 0 || minibatch % questionsPerRow > 0))
    faults.push(
      `questionsPerRow: expected a divisor of questions (${questions}) and minibatch (${minibatch}), got ${questionsPerRow}`,
    );
  return faults;
}

function numberFaults(options: Options): string[] {
  const { klCoefficient, adaptiveKl, maxKl, roundDiscount, gamma, lambda, clip, valueWeight, alarms } =
    options;
  const { length, refusals, yesRatio, disagreement } = alarms.limits ?? {};
  const isShare = (value: number): boolean => value >= 0 && value <= 1;
  const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);
  const isNonNegative = (value: number): boolean => value === 0 || isPositive(value);
  const rules: [
    name: string,
    value: number | undefined,
    isGood: (value: number) => boolean,
    wanted: string,
  ][] = [
    ['klCoefficient', klCoefficient, isNonNegative, 'a number from 0'],
    ['adaptiveKl.target', adaptiveKl?.target, isPositive, 'a number above 0'],
    ['adaptiveKl.horizon', adaptiveKl?.horizon, isPositive, 'a number above 0'],
    ['maxKl', maxKl, isPositive, 'a number above 0'],
    ['roundDiscount', roundDiscount, isShare, 'a number from 0 to 1'],
    ['gamma', gamma, isShare, 'a number from 0 to 1'],
    ['lambda', lambda, isShare, 'a number from 0 to 1'],
    ['clip', clip, (value) => value > 0 && value < 1, 'a number above 0 and below 1'],
    ['valueWeight', valueWeight, isNonNegative, 'a number from 0'],
    ['alarms.limits.length', length, (value) => value >= 1, 'a factor from 1'],
    ['alarms.limits.refusals', refusals, isNonNegative, 'a number from 0'],
    ['alarms.limits.yesRatio', yesRatio, isNonNegative, 'a number from 0'],
    ['alarms.limits.disagreement', disagreement, isNonNegative, 'a number from 0'],
  ];
  if (klCoefficient === 0 && adaptiveKl !== undefined && options.algorithm !== 'grpo')
    rules.push(['adaptiveKl', klCoefficient, () => false, 'a klCoefficient above 0 to adapt']);
  return rules.flatMap(([name, value, isGood, wanted]) =>
    value === undefined || isGood(value) ? [] : [`${name}: expected ${wanted}, got ${value}`],
  );
}

/** Options of PPO that GRPO has no use for, and why. */
export const PPO_ONLY = {
  questionsPerRow: "GRPO's loss has a mean over each response",
  adaptiveKl: "GRPO's KL is in its loss",
  roundDiscount: "GRPO's advantages are of the last response",
  gamma: "GRPO's advantages are of the whole response",
  lambda: "GRPO's advantages are of the whole response",
  valueWeight: 'GRPO has no value head',
} as const;

function algorithmFaults({ questionsPerRow = 1, ...options }: Options): string[] {
  if (options.algorithm !== 'grpo') return [];
  const given = { ...options, ...(questionsPerRow === 1 ? {} : { questionsPerRow }) };
  return Object.entries(PPO_ONLY).flatMap(([option, why]) =>
    option in given && given[option as keyof typeof given] !== undefined
      ? [`${option}: expected with PPO alone: ${why}`]
      : [],
  );
}
