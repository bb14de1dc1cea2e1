import { type Backend, createFunction, type StepResult, type Weights } from '@fgam/compile';
import { createRandom, type PixelCache } from '@fgam/data';
import { decaysWeight, type FgamModel, type Recompute } from '@fgam/models';
import { createBatchOrder, type Cursor, FIRST } from '../cursor.js';
import { trainerError } from '../error.js';
import { fingerprintRequests } from '../fingerprint.js';
import type { Batch, RunView, Step } from '../step.js';
import type { RolloutRequest } from './collect-rollouts.js';
import { rolloutLength } from './collate-rollouts.js';
import { rolloutFigures } from './hacking-alarms.js';
import { itemsOfRollouts } from './items-of-rollouts.js';
import { type AdaptiveKl, nextKlCoefficient } from './kl-controller.js';
import { checkRlOptions } from './check-rl-options.js';
import { policyOf } from './compact-policy.js';
import type { Policy } from './policy.js';
import { grpoProgram, ppoProgram } from './policy-program.js';
import { readMemory, type RlMemory } from './rl-memory.js';
import type { Rollout } from './rollout.js';
import { planRows, questionGroups, roundsOfRow } from './rows-of-questions.js';
import { type BufferRow, fillBuffer } from './rollout-buffer.js';
import { type RolloutScores, scoreRollouts } from './score-rollouts.js';
import { type RlAlarms, soundAlarms } from './sound-alarms.js';
import { updateInputs } from './update-inputs.js';
import { createValueHead } from './value-head.js';

/** Samples of the policy for the questions of an iteration. */
export interface RollOutInput<Model = FgamModel> {
  /** With the policy's weights of now, which are valid during the call. */
  readonly policy: Model;
  readonly requests: readonly RolloutRequest[];
  readonly iteration: number;
}

/** Options of {@link createRlStep}. */
export interface RlStepOptions<Model = FgamModel> {
  readonly name: string;
  /**
   * Where RL starts, and the reference that it is held to: one of FGAM's own models, or a policy
   * (`createPretrainedPolicy`).
   */
  readonly model: RlModel<Model>;
  /** Questions that the policy answers, each pass in an order of its own. */
  readonly requests: readonly RolloutRequest[];
  /**
   * Samples and scores trajectories (`collectRollouts`); with GRPO several of each request, which
   * `Rollout.group` names by its id.
   */
  readonly rollOut: (input: RollOutInput<Model>) => Promise<readonly Rollout[]>;
  /**
   * PPO: clipped surrogate, value head, GAE, KL penalty in the reward. GRPO: advantages within a question, k3
   * KL in the loss, no value head. Default `ppo`.
   */
  readonly algorithm?: 'ppo' | 'grpo';
  /** What `rollOut` goes by (critic, rounds, temperature): plain data, part of the run's identity. Default: nothing. */
  readonly sampling?: Readonly<Record<string, unknown>>;
  /** Questions of an iteration, each asked once; what a pass over them has left for less than one is left out of it. */
  readonly questions: number;
  /**
   * PPO of one of FGAM's own models: questions of one image that are asked together, at most, and whose
   * trajectories share a row, so that the image is read once for them. Divides `questions` and `minibatch`,
   * which then count as if all rows were full. Default 1.
   */
  readonly questionsPerRow?: number;
  /** Trajectories of an update. */
  readonly minibatch: number;
  /** Passes over an iteration's trajectories. Default 2. */
  readonly epochs?: number;
  readonly seed: number;
  /** beta of the KL to the reference. Default 0.1 for PPO, 0.04 for GRPO. */
  readonly klCoefficient?: number;
  /** PPO: moves beta towards a target KL. Default: beta stays. */
  readonly adaptiveKl?: AdaptiveKl;
  /** An iteration ends early where the mean KL to the policy that sampled exceeds this. Default: never. */
  readonly maxKl?: number;
  /**
   * PPO: delta, what a round's gain counts for each round before it, 0..1 (`tokenRewards`). Default 1: only
   * the last response counts.
   */
  readonly roundDiscount?: number;
  /** Default 1. */
  readonly gamma?: number;
  /** Default 0.95. */
  readonly lambda?: number;
  /** Default 0.2. */
  readonly clip?: number;
  /** Default 0.1. */
  readonly valueWeight?: number;
  /** Signs of reward hacking that end the run, of iterations of 20 trajectories or more. */
  readonly alarms: RlAlarms;
  readonly recompute?: Recompute;
  readonly backend?: Backend;
  readonly threads?: number;
  readonly pixels?: PixelCache;
}

/** One of FGAM's own models, or what is asked of another architecture. */
export type RlModel<Model> = Model extends FgamModel ? FgamModel | Policy<FgamModel> : Policy<Model>;

/** Rows are padded to multiples of this, so that shapes repeat. */
const ROW_UNIT = 32;
const CURSOR = 'rollouts';

/**
 * Reinforcement learning on trajectories of answers and revisions. An iteration samples trajectories with the
 * policy's weights of now, scores their tokens under the policy and the frozen reference, and computes
 * advantages; its updates are minibatches of them. Everything between two updates is in the checkpoint (the
 * rollouts too), so that a resumed run goes on bit for bit.
 *
 * @throws FgamError `trainer/no-data` without requests, `trainer/bad-config` naming every fault; a batch:
 * `trainer/reward-hacking`, with the evidence in a file
 * @see paper section 3.3.3; DESIGN section 4, equation 5
 * @example
 * ```ts
 * import { compactConfig, createTokenizer, createWeights } from '@fgam/models';
 * import { createRlStep, type Rollout } from '@fgam/trainer';
 * import sharp from 'sharp';
 *
 * const red = { width: 64, height: 64, channels: 3, background: 'red' } as const;
 * const image = await sharp({ create: red }).png().toBuffer();
 * const tokenizer = createTokenizer(['which', 'colour', '?', 'red', 'blue']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
 * const question = 'which colour ?';
 * const rollout = (group: string, final: string, score: number): Rollout => {
 *   const tokens = [...tokenizer.encode(final), tokenizer.eosId];
 *   const attempts = [{ response: final }];
 *   const trajectory = { id: group, image: 'red.png', question, attempts, final, stop: 'accepted' } as const;
 *   return { image, group, rounds: [{ promptIds: tokenizer.encode(question), tokens, score }], trajectory };
 * };
 * const step = createRlStep({
 *   name: 'ppo',
 *   model: { config, tokenizer, weights: createWeights(config, 1) },
 *   requests: ['a', 'b'].map((id) => ({ id, image, question })),
 *   // In earnest: collectRollouts, with a generator of the `policy` that is given here and a critic.
 *   rollOut: async () => [rollout('a', 'red', 1), rollout('b', 'blue', 0)],
 *   questions: 2,
 *   minibatch: 2,
 *   seed: 1,
 *   alarms: { read: () => ({ claims: true }), evidence: 'alarms.json' },
 * });
 * // What `train` asks for. The mean of both scores; two words, each with the token that ends it.
 * const { tokens, figures } = await step.batch(1, {});
 * if (tokens !== 4 || figures?.['reward'] !== 0.5) throw new Error(JSON.stringify(figures));
 * // Training starts at the reference.
 * if (!(Math.abs(figures['klOfRollouts']!) < 1e-5)) throw new Error('expected no KL yet');
 * await step.dispose?.();
 * ```
 */
export function createRlStep<Model = FgamModel>(options: RlStepOptions<Model>): Step {
  const {
    name,
    model,
    requests,
    rollOut,
    algorithm = 'ppo',
    questions,
    questionsPerRow = 1,
    minibatch,
    epochs = 2,
    seed,
  } = options;
  const {
    klCoefficient = algorithm === 'ppo' ? 0.1 : 0.04,
    adaptiveKl,
    maxKl,
    roundDiscount,
    gamma = 1,
    lambda = 0.95,
  } = options;
  const { clip, valueWeight, alarms, recompute, backend, threads } = options;
  checkRlOptions(options);
  const policy = policyOf<Model>(model, options.pixels) as Policy<Model>;
  if (questionsPerRow > 1 && !policy.sharesRows)
    throw trainerError(
      'trainer/bad-config',
      `${name}: questionsPerRow: expected 1 for a policy whose rows have an image and a prompt each, got ${questionsPerRow}`,
    );
  const { stored } = policy;
  const head = createValueHead(policy.width);
  const reference: Weights = { ...policy.weights, ...head };
  const weights: Weights = algorithm === 'ppo' ? reference : policy.weights;
  const layers = recompute === undefined ? {} : { recompute };
  const clips = clip === undefined ? {} : { clip };
  const scorer = createFunction((all, inputs) => ({ ...policy.scores(all, inputs) }), {
    weights: reference,
    ...(stored === undefined ? {} : { stored }),
    name: `${name} scores`,
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
  let memory: RlMemory | undefined;
  let figures: Readonly<Record<string, number>> = {};
  let weightsOfRun: RunView['weights'] = () => Promise.resolve(weights);

  /** Rollouts of an iteration under the weights of now. */
  async function iterate(iteration: number, now: Weights): Promise<RlMemory> {
    // An iteration asks each question once at most: what a pass has left over for less than one is passed over.
    const [epoch, turn] = [Math.floor(iteration / turns), iteration % turns];
    const { indices } = order.draw({ epoch, position: turn * asked }, asked);
    const rollouts = await rollOut({
      policy: policy.withWeights(now),
      requests: indices.flatMap((group) =>
        (groups[group] as number[]).map((item) => requests[item] as RolloutRequest),
      ),
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
    const first = { ...observed, ...memory?.first };
    await soundAlarms({ name, alarms, first, now: observed, rollouts, iteration });
    const lengths = plan.map((row) => rolloutLength(roundsOfRow(row)));
    const length = ROW_UNIT * Math.ceil(Math.max(...lengths) / ROW_UNIT);
    const shape = { rollouts: rollouts.length, length, batchSize: rowsOfUpdate };
    const score = (of: Weights): Promise<RolloutScores[]> => scoreRollouts(scorer, of, plan, policy, shape);
    const beta = memory?.klCoefficient ?? klCoefficient;
    const old = await score({ ...head, ...now });
    const { rows, klToReference, tokens } = fillBuffer({
      rows: plan,
      rollouts,
      items,
      old,
      reference: await score(reference),
      algorithm,
      klCoefficient: beta,
      ...(roundDiscount === undefined ? {} : { roundDiscount }),
      gamma,
      lambda,
    });
    // GRPO's loss has a part of the other name, which is another estimate.
    figures = { ...observed, klCoefficient: beta, klOfRollouts: klToReference };
    const next = adaptiveKl === undefined ? beta : nextKlCoefficient(beta, klToReference, tokens, adaptiveKl);
    return { iteration, rows, length, klCoefficient: next, first };
  }

  return {
    name,
    weights,
    ...(stored === undefined ? {} : { stored }),
    loss:
      algorithm === 'ppo'
        ? ppoProgram(policy.scores, {
            ...clips,
            ...layers,
            ...(valueWeight === undefined ? {} : { valueWeight }),
          })
        : grpoProgram(policy.scores, { ...clips, ...layers, beta: klCoefficient }),
    decays: decaysWeight,
    trainable: (weight) => policy.trainable(weight) || weight in head,
    identity: {
      name,
      ...policy.identity,
      algorithm,
      questions,
      ...(questionsPerRow === 1 ? {} : { questionsPerRow }),
      minibatch,
      epochs,
      seed,
      klCoefficient,
      gamma,
      lambda,
      ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
      ...(adaptiveKl === undefined ? {} : { adaptiveKl }),
      ...(maxKl === undefined ? {} : { maxKl }),
      ...(roundDiscount === undefined ? {} : { roundDiscount }),
      ...(clip === undefined ? {} : { clip }),
      ...(valueWeight === undefined ? {} : { valueWeight }),
      ...(recompute ? { recompute } : {}),
      requests: fingerprintRequests(requests),
    },
    async batch(step: number, cursors: Readonly<Record<string, Cursor>>): Promise<Batch> {
      const cursor = cursors[CURSOR] ?? FIRST;
      const isNew = memory?.iteration !== cursor.epoch;
      if (memory === undefined || isNew) memory = await iterate(cursor.epoch, await weightsOfRun());
      const { rows, length } = memory;
      const count = Math.floor(rows.length / rowsOfUpdate);
      const places = createRandom(
        `${seed}/rollouts/${cursor.epoch}/${Math.floor(cursor.position / count)}`,
      ).shuffle(rows.map((_, row) => row));
      const from = (cursor.position % count) * rowsOfUpdate;
      const drawn = places.slice(from, from + rowsOfUpdate).map((row) => rows[row] as BufferRow);
      const placed = drawn.map(({ item, rounds }) => ({
        image: (requests[item] as RolloutRequest).image,
        rounds,
      }));
      const isLast = cursor.position + 1 === epochs * count;
      return {
        inputs: updateInputs(drawn, await policy.inputs(placed, length), algorithm),
        tokens: drawn.reduce((sum, { oldLogProbs }) => sum + oldLogProbs.length, 0),
        next: {
          ...cursors,
          [CURSOR]: isLast
            ? { epoch: cursor.epoch + 1, position: 0 }
            : { epoch: cursor.epoch, position: cursor.position + 1 },
        },
        ...(isNew ? { figures } : {}),
      };
    },
    begin(run) {
      weightsOfRun = () => run.weights();
    },
    after({ parts }: StepResult, cursors) {
      const isFar = maxKl !== undefined && (parts['klToOld'] ?? 0) > maxKl;
      if (!isFar || memory === undefined) return cursors;
      return { ...cursors, [CURSOR]: { epoch: memory.iteration + 1, position: 0 } };
    },
    memory: () => memory,
    remember(kept) {
      memory = readMemory(kept);
    },
    dispose: () => scorer.dispose(),
  };
}
