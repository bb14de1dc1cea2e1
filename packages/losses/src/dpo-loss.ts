import * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';
import { expectShape } from './expect-shape.js';

/** Inputs of {@link dpoLoss}. Axis: B pairs of a better and a worse response to the same image and prompt. */
export interface DpoInputs {
  /**
   * log pi(y+ | x): [B] float32, summed over the tokens of the better response (`tokenLogProbs`
   * times the mask, summed).
   */
  readonly chosenLogProbs: tf.Tensor;
  /** log pi(y- | x): [B] float32, of the worse response. */
  readonly rejectedLogProbs: tf.Tensor;
  /** log pi_ref(y+ | x): [B] float32, of the frozen policy that training starts from; a constant of the update. */
  readonly referenceChosenLogProbs: tf.Tensor;
  /** log pi_ref(y- | x): [B] float32. */
  readonly referenceRejectedLogProbs: tf.Tensor;
}

/** Options of {@link dpoLoss}. */
export interface DpoOptions {
  /** How strongly the policy is held to the reference, > 0. Default 0.1. */
  readonly beta?: number;
  /** Share of pairs that are taken to be the wrong way round, 0 .. 0.5 (conservative DPO). Default 0. */
  readonly labelSmoothing?: number;
}

/** The loss, and the figures by which a run is watched; scalars float32. */
export interface DpoParts {
  readonly total: tf.Scalar;
  /** Mean of beta (log pi/pi_ref (y+) - log pi/pi_ref (y-)). */
  readonly margin: tf.Scalar;
  /** Share of pairs whose margin is above 0. */
  readonly accuracy: tf.Scalar;
}

/**
 * Direct preference optimisation.
 *
 *     h_i = beta [ log pi(y+)/pi_ref(y+) - log pi(y-)/pi_ref(y-) ]
 *     L = - 1/B sum_i [ (1 - e) log sigmoid(h_i) + e log sigmoid(-h_i) ]
 *
 * @returns scalars float32; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`, `losses/bad-option`
 * @see Rafailov et al. 2023 (arXiv 2305.18290), equation 7; e: Mitchell, A note on DPO with noisy preferences
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { dpoLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const start = { chosenLogProbs: tf.tensor1d([-3]), rejectedLogProbs: tf.tensor1d([-2]) };
 * // A policy that is its own reference prefers nothing: log 2.
 * const { total } = dpoLoss({
 *   ...start,
 *   referenceChosenLogProbs: start.chosenLogProbs,
 *   referenceRejectedLogProbs: start.rejectedLogProbs,
 * });
 * if (!(Math.abs(total.dataSync()[0]! - Math.log(2)) < 1e-6)) throw new Error('expected log 2');
 * ```
 */
export function dpoLoss(inputs: DpoInputs, options: DpoOptions = {}): DpoParts {
  const { chosenLogProbs, rejectedLogProbs, referenceChosenLogProbs, referenceRejectedLogProbs } = inputs;
  const { beta = 0.1, labelSmoothing = 0 } = options;
  if (!(Number.isFinite(beta) && beta > 0))
    throw new FgamError('losses/bad-option', `dpoLoss: expected beta > 0, got ${beta}; 0.1 is usual`);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 0.5))
    throw new FgamError(
      'losses/bad-option',
      `dpoLoss: expected labelSmoothing in 0..0.5, got ${labelSmoothing}; 0 trusts every pair`,
    );
  expectShape(
    'dpoLoss: expected chosenLogProbs to be',
    chosenLogProbs,
    [-1],
    'sum over the tokens of a response',
  );
  for (const [name, tensor] of Object.entries({
    rejectedLogProbs,
    referenceChosenLogProbs,
    referenceRejectedLogProbs,
  }))
    expectShape(
      `dpoLoss: expected ${name} to match chosenLogProbs`,
      tensor,
      chosenLogProbs.shape,
      'give one a pair',
    );
  const chosen = tf.sub(chosenLogProbs, referenceChosenLogProbs);
  const rejected = tf.sub(rejectedLogProbs, referenceRejectedLogProbs);
  const margins = tf.mul(tf.sub(chosen, rejected), beta);
  // -log sigmoid(h) = softplus(-h), and -log sigmoid(-h) = h + softplus(-h).
  const losses = tf.add(tf.softplus(tf.neg(margins)), tf.mul(margins, labelSmoothing));
  return {
    total: tf.mean(losses),
    margin: tf.mean(margins),
    accuracy: tf.mean(tf.cast(tf.greater(margins, 0), 'float32')),
  };
}
