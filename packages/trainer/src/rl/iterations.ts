import { createFunction, type Weights } from '@fgam/compile';
import { createBatchOrder } from '../cursor.js';
import { trainerError } from '../error.js';
import { paddedLength } from '../padded-length.js';
import type { RolloutRequest } from './collect-rollouts.js';
import { rolloutLength } from './collate-rollouts.js';
import { rolloutFigures } from './hacking-alarms.js';
import { itemsOfRollouts } from './items-of-rollouts.js';
import { nextKlCoefficient } from './kl-controller.js';
import type { Policy } from './policy.js';
import { rlDefaults } from './rl-defaults.js';
import type { RlMemory } from './rl-memory.js';
import type { RlStepOptions } from './rl-step-options.js';
import { fillBuffer } from './rollout-buffer.js';
import { planRows, questionGroups, roundsOfRow } from './rows-of-questions.js';
import { type RolloutScores, scoreRollouts } from './score-rollouts.js';
import { soundAlarms, type SoundedAlarms } from './sound-alarms.js';

/** Rows are padded to multiples of this, so that shapes repeat. */
const ROW_UNIT = 32;
/**
 * Lengths of rows that graphs are kept for. Iterations of captions come in half a dozen, of a gigabyte or more each;
 * another capture takes a second of an iteration's half minute.
 */
export const MAX_LENGTHS = 2;

/** An iteration that was sampled: what its updates need, and what is logged of it. */
export interface SampledIteration extends Pick<SoundedAlarms, 'fault'> {
  readonly memory: RlMemory;
  readonly figures: Readonly<Record<string, number>>;
}

/** The iterations of an RL run: rollouts under given weights, with what their updates need. */
export interface Iterations {
  /**
   * Samples an iteration's trajectories and scores them under the policy and the reference.
   *
   * @param iteration - counted from 0; which questions are asked depends on it and the seed alone
   * @param now - weights of the policy
   * @param before - of the iteration before; none at first
   * @returns `fault` where the trajectories look like reward hacking
   * @throws FgamError `trainer/no-data`, `trainer/bad-rollouts`; what `rollOut` throws
   */
  sample(iteration: number, now: Weights, before: RlMemory | undefined): Promise<SampledIteration>;
  dispose(): Promise<void>;
}

/** @param head - the value head's weights, with which the reference is scored */
export function createIterations<Model>(
  options: RlStepOptions<Model>,
  policy: Policy<Model>,
  head: Weights,
): Iterations {
  const { name, requests, rollOut, questions, questionsPerRow = 1, minibatch, seed } = options;
  const { adaptiveKl, roundDiscount, alarms, backend, threads } = options;
  const { algorithm, klCoefficient, gamma, lambda } = rlDefaults(options);
  const { stored } = policy;
  const reference: Weights = { ...policy.weights, ...head };
  const scorer = createFunction((weights, inputs) => ({ ...policy.scores(weights, inputs) }), {
    weights: reference,
    ...(stored === undefined ? {} : { stored }),
    name: `${name} scores`,
    maxCached: MAX_LENGTHS,
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  });
  const groups = questionGroups(requests, questionsPerRow);
  const sizes = groups.map((group) => group.length);
  const groupOf = new Map(groups.flatMap((items, group) => items.map((item) => [item, group] as const)));
  const order = createBatchOrder(groups.length, `${seed}/questions`);
  const asked = questions / questionsPerRow;
  const rowsOfUpdate = minibatch / questionsPerRow;
  const turns = Math.floor(groups.length / asked);
  const itemOf = new Map(requests.map(({ id }, item) => [id, item]));

  /** The questions of an iteration, each once: too few left at the end of a pass are skipped. */
  const requestsOf = (iteration: number): RolloutRequest[] => {
    const [epoch, turn] = [Math.floor(iteration / turns), iteration % turns];
    const { indices } = order.draw({ epoch, position: turn * asked }, asked);
    return indices.flatMap((group) =>
      (groups[group] as number[]).map((item) => requests[item] as RolloutRequest),
    );
  };

  return {
    async sample(iteration, now, before) {
      const rollouts = await rollOut({
        policy: policy.withWeights(now),
        requests: requestsOf(iteration),
        iteration,
      });
      const items = itemsOfRollouts(rollouts, itemOf, options);
      const plan = planRows(
        rollouts,
        items.map((item) => groupOf.get(item) as number),
        { rowsOf: policy.rowsOf, sizes },
      );
      if (plan.length < rowsOfUpdate)
        throw trainerError(
          'trainer/no-data',
          `${name}: expected at least ${rowsOfUpdate} rows of trajectories in iteration ${iteration}, got ${plan.length}; ask more questions or take smaller minibatches`,
        );
      const observed = rolloutFigures(rollouts, alarms.read, await alarms.disagreement?.(rollouts));
      // A figure that the first iteration had too few answers for is compared from the first that has enough.
      const first = { ...observed, ...before?.first };
      const { count, fault } = await soundAlarms({
        ...{ name, alarms, first, now: observed, rollouts, iteration },
      });
      const length = paddedLength(
        plan.map((row) => rolloutLength(roundsOfRow(row))),
        ROW_UNIT,
      );
      const shape = { rollouts: rollouts.length, length, batchSize: rowsOfUpdate };
      const score = (of: Weights): Promise<RolloutScores[]> => scoreRollouts(scorer, of, plan, policy, shape);
      const beta = before?.klCoefficient ?? klCoefficient;
      const { rows, klToReference, tokens } = fillBuffer({
        rows: plan,
        rollouts,
        items,
        old: await score({ ...head, ...now }),
        reference: await score(reference),
        algorithm,
        klCoefficient: beta,
        ...(roundDiscount === undefined ? {} : { roundDiscount }),
        gamma,
        lambda,
      });
      const next =
        adaptiveKl === undefined ? beta : nextKlCoefficient(beta, klToReference, tokens, adaptiveKl);
      return {
        memory: { iteration, rows, length, klCoefficient: next, first },
        // GRPO's loss has a part of the name klToReference, which is another estimate.
        figures: {
          ...observed,
          gain: observed.reward - observed.firstReward,
          // beta times the sum of a trajectory's log ratios (`tokenRewards`), a mean over trajectories.
          ...(algorithm === 'ppo' ? { klPenalty: (beta * klToReference * tokens) / rollouts.length } : {}),
          ...(count === undefined ? {} : { alarms: count }),
          ...{ klCoefficient: beta, klOfRollouts: klToReference },
        },
        ...(fault === undefined ? {} : { fault }),
      };
    },
    dispose: () => scorer.dispose(),
  };
}
