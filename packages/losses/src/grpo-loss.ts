import * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';
import { expectShape } from './expect-shape.js';
import { maskedMean } from './masked-mean.js';
import { type PolicyParts, policyLoss } from './policy-loss.js';

/** Inputs of {@link grpoLoss}. Axes: B responses, T tokens. */
export interface GrpoInputs {
  /** log pi(y_t): [B, T] float32 (`tokenLogProbs`). */
  readonly logProbs: tf.Tensor;
  /** log pi_old(y_t): [B, T] float32, of the policy that wrote the tokens. */
  readonly oldLogProbs: tf.Tensor;
  /** log pi_ref(y_t): [B, T] float32, of the frozen policy that RL starts from. */
  readonly referenceLogProbs: tf.Tensor;
  /** A_i: [B] float32, one a response (`groupAdvantages`). */
  readonly advantages: tf.Tensor;
  /** m_t: [B, T] float32, 1 on tokens that the policy wrote. */
  readonly mask: tf.Tensor;
}

/** Options of {@link grpoLoss}. */
export interface GrpoOptions {
  /** Clip range of the ratio. Default 0.2. */
  readonly clip?: number;
  /** Clip range above 1. Default `clip`. */
  readonly clipHigh?: number;
  /** Weight of the KL term, >= 0. Default 0.04, GRPO's. */
  readonly beta?: number;
  /**
   * What the mean runs over: the tokens of a response and then responses (GRPO), or all tokens of the
   * batch. Default `responses`.
   */
  readonly mean?: 'responses' | 'tokens';
}

/** The loss and its parts; scalars float32. */
export interface GrpoParts extends PolicyParts {
  readonly policy: tf.Scalar;
  /** Mean of e^d - d - 1, d = log pi_ref - log pi: the k3 estimate of KL(pi, pi_ref), >= 0, in nats a token. */
  readonly klToReference: tf.Scalar;
}

/** Weight of the KL term in DeepSeekMath, section 4.2. */
const BETA = 0.04;

/**
 * Group relative policy optimisation: PPO's clipped surrogate with a response's advantage on each of its
 * tokens, and the k3 estimate of the KL in the loss.
 *
 *     r_t = pi(y_t) / pi_old(y_t);  d_t = log pi_ref(y_t) - log pi(y_t);  K_t = e^(d_t) - d_t - 1
 *     L = 1/B sum_i 1/|y_i| sum_t m_t [ - min( r_t A_i, clip(r_t, 1 - c, 1 + c') A_i ) + beta K_t ]
 *
 * c is `clip` and c' `clipHigh`. With `mean: 'tokens'` the two means are one over all tokens of the batch, and so
 * are those of `clipFraction`, `klToOld` and `ratio`, which else weigh each response the same. A response without
 * a token weighs nothing.
 *
 * @returns scalars float32; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`, `losses/bad-option`
 * @see Shao et al. 2024 (DeepSeekMath, arXiv 2402.03300), equations 3 and 4
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { grpoLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // A right answer of one token and a wrong one of two, under the policy that wrote them. The reference
 * // finds the first token twice as likely: d = log 2, K = 2 - log 2 - 1.
 * const logProbs = tf.tensor2d([[-1, 0], [-1, -2]]);
 * const { total, policy, klToReference } = grpoLoss(
 *   {
 *     logProbs,
 *     oldLogProbs: logProbs,
 *     referenceLogProbs: tf.tensor2d([[-1 + Math.log(2), 0], [-1, -2]]),
 *     advantages: tf.tensor1d([1, -1]),
 *     mask: tf.tensor2d([[1, 0], [1, 1]]),
 *   },
 *   { beta: 1 },
 * );
 * // Each response weighs 1/2, however long: (-1 + 1) / 2 and K / 2; klToReference is a mean over 3 tokens.
 * const k3 = 1 - Math.log(2);
 * const found = [policy, total, klToReference].map((each) => each.dataSync()[0]!);
 * if (![0, k3 / 2, k3 / 3].every((wanted, i) => Math.abs(found[i]! - wanted) < 1e-6))
 *   throw new Error(found.join());
 * ```
 */
export function grpoLoss(inputs: GrpoInputs, options: GrpoOptions = {}): GrpoParts {
  const { logProbs, oldLogProbs, referenceLogProbs, advantages, mask } = inputs;
  const { beta = BETA, mean = 'responses', ...clips } = options;
  if (!(Number.isFinite(beta) && beta >= 0))
    throw new FgamError('losses/bad-option', `grpoLoss: expected beta >= 0, got ${beta}`);
  expectShape('grpoLoss: expected logProbs to be', logProbs, [-1, -1], 'give rows of tokens');
  const [rows = 0, length = 0] = logProbs.shape;
  expectShape(
    'grpoLoss: expected advantages to be',
    advantages,
    [rows],
    'give one a response (groupAdvantages)',
  );
  expectShape(
    'grpoLoss: expected referenceLogProbs to match logProbs',
    referenceLogProbs,
    [rows, length],
    'give one entry a token',
  );
  expectShape(
    'grpoLoss: expected oldLogProbs to match logProbs',
    oldLogProbs,
    [rows, length],
    'give one entry a token',
  );
  expectShape('grpoLoss: expected mask to match logProbs', mask, [rows, length], 'give one entry a token');
  const weights = mean === 'tokens' ? tf.cast(mask, 'float32') : weightsOfResponses(mask);
  const spread = tf.mul(tf.expandDims(advantages, 1), tf.onesLike(logProbs));
  const { total: policy, ...figures } = policyLoss(
    { logProbs, oldLogProbs, advantages: spread, mask: weights },
    clips,
  );
  const gap = tf.mul(tf.sub(referenceLogProbs, logProbs), tf.cast(mask, 'float32'));
  const k3 = tf.sub(tf.sub(tf.exp(gap), gap), 1);
  const penalty = maskedMean(k3, weights);
  return {
    total: tf.add(policy, tf.mul(penalty, beta)),
    policy,
    klToReference: maskedMean(k3, mask),
    ...figures,
  };
}

/** m_t / |y_i|: each response weighs the same. */
function weightsOfResponses(mask: tf.Tensor): tf.Tensor {
  const weights = tf.cast(mask, 'float32');
  return tf.div(weights, tf.maximum(tf.sum(weights, 1, true), 1));
}
