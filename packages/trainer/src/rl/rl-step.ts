import { decaysWeight, type FgamModel } from '@fgam/models';
import { type Cursor, FIRST } from '../cursor.js';
import { fingerprintRequests } from '../fingerprint.js';
import type { Batch, Step } from '../step.js';
import { checkRlOptions } from './check-rl-options.js';
import type { RolloutRequest } from './collect-rollouts.js';
import { policyOf } from './compact-policy.js';
import { drawMinibatch } from './draw-minibatch.js';
import { createIterations, MAX_LENGTHS } from './iterations.js';
import type { Policy } from './policy.js';
import { grpoProgram, ppoProgram } from './policy-program.js';
import { readMemory, type RlMemory } from './rl-memory.js';
import { rlDefaults } from './rl-defaults.js';
import type { RlStepOptions } from './rl-step-options.js';
import { updateInputs } from './update-inputs.js';
import { createValueHead } from './value-head.js';

const CURSOR = 'rollouts';

/**
 * Reinforcement learning on trajectories of answers and revisions. An iteration samples trajectories with the
 * policy's weights of now, scores their tokens under the policy and the frozen reference, and computes
 * advantages; its updates are minibatches of them. Everything between two updates is in the checkpoint (the
 * rollouts too), so that a resumed run goes on bit for bit.
 *
 * @throws FgamError `trainer/no-data` without requests, `trainer/bad-config` naming every fault; a batch:
 * `trainer/bad-rollouts` for trajectories that are not of the questions asked or have no token, `trainer/no-data`
 * for fewer than an update takes. One that looks like reward hacking has the `fault` `trainer/reward-hacking`, which
 * names the file of evidence, and ends the run.
 * @see paper section 3.3.3; docs/decisions/0021 for the reward of rounds
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
    requests,
    questionsPerRow = 1,
    minibatch,
    seed,
    maxKl,
    clip,
    valueWeight,
    recompute,
  } = options;
  const { algorithm, epochs, klCoefficient } = rlDefaults(options);
  const policy = policyOf<Model>(options.model, options.pixels) as Policy<Model>;
  checkRlOptions(options, policy);
  const { stored } = policy;
  const head = createValueHead(policy.width);
  const weights = algorithm === 'ppo' ? { ...policy.weights, ...head } : policy.weights;
  const iterations = createIterations(options, policy, head);
  const lossOptions = {
    ...(clip === undefined ? {} : { clip }),
    ...(recompute === undefined ? {} : { recompute }),
  };
  let memory: RlMemory | undefined;
  let weightsOfRun: () => Promise<typeof weights> = () => Promise.resolve(weights);

  return {
    name,
    weights,
    ...(stored === undefined ? {} : { stored }),
    loss:
      algorithm === 'ppo'
        ? ppoProgram(policy.scores, {
            ...lossOptions,
            ...(valueWeight === undefined ? {} : { valueWeight }),
          })
        : grpoProgram(policy.scores, { ...lossOptions, beta: klCoefficient }),
    maxCached: MAX_LENGTHS,
    decays: decaysWeight,
    trainable: (weight) => policy.trainable(weight) || weight in head,
    identity: identityOf(options, policy),
    async batch(_, cursors: Readonly<Record<string, Cursor>>): Promise<Batch> {
      const cursor = cursors[CURSOR] ?? FIRST;
      const sampled =
        memory?.iteration === cursor.epoch
          ? { memory }
          : await iterations.sample(cursor.epoch, await weightsOfRun(), memory);
      const { rows, length } = sampled.memory;
      const fault = 'fault' in sampled ? sampled.fault : undefined;
      // A run that is gone on with samples the iteration again that ended it.
      if (fault === undefined) memory = sampled.memory;
      const { drawn, next } = drawMinibatch(rows, cursor, {
        seed,
        epochs,
        size: minibatch / questionsPerRow,
      });
      const placed = drawn.map(({ item, rounds }) => ({
        image: (requests[item] as RolloutRequest).image,
        rounds,
      }));
      return {
        inputs: updateInputs(drawn, await policy.inputs(placed, length), algorithm),
        tokens: drawn.reduce((sum, { oldLogProbs }) => sum + oldLogProbs.length, 0),
        next: { ...cursors, [CURSOR]: next },
        ...('figures' in sampled ? { figures: sampled.figures } : {}),
        ...(fault === undefined ? {} : { fault }),
      };
    },
    begin(run) {
      weightsOfRun = () => run.weights();
    },
    after({ parts }, cursors) {
      const isFar = maxKl !== undefined && (parts['klToOld'] ?? 0) > maxKl;
      if (!isFar || memory === undefined) return cursors;
      return { ...cursors, [CURSOR]: { epoch: memory.iteration + 1, position: 0 } };
    },
    memory: () => memory,
    remember(kept) {
      memory = readMemory(kept);
    },
    dispose: () => iterations.dispose(),
  };
}

/** All that decides the course of a run. */
function identityOf<Model>(options: RlStepOptions<Model>, policy: Policy<Model>): Record<string, unknown> {
  const { name, requests, questions, questionsPerRow = 1, minibatch, seed } = options;
  const { sampling, adaptiveKl, maxKl, roundDiscount, clip, valueWeight, recompute } = options;
  const { algorithm, epochs, klCoefficient, gamma, lambda } = rlDefaults(options);
  return {
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
    ...(sampling === undefined ? {} : { sampling }),
    ...(adaptiveKl === undefined ? {} : { adaptiveKl }),
    ...(maxKl === undefined ? {} : { maxKl }),
    ...(roundDiscount === undefined ? {} : { roundDiscount }),
    ...(clip === undefined ? {} : { clip }),
    ...(valueWeight === undefined ? {} : { valueWeight }),
    ...(recompute ? { recompute } : {}),
    requests: fingerprintRequests(requests),
  };
}
