import * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';

/** The terms of stage 1, each a scalar; a term that is left out counts 0. */
export interface Stage1Terms {
  /** `imageTextLoss` */
  readonly global?: tf.Tensor | undefined;
  /** `regionTextLoss` */
  readonly regionText?: tf.Tensor | undefined;
  /** `relationLoss` */
  readonly spatial?: tf.Tensor | undefined;
}

/** The lambdas of stage 1. The paper's are missing from the text we have, so there is no default here. */
export interface Stage1Weights {
  readonly global: number;
  readonly regionText: number;
  readonly spatial: number;
}

/** The weighted sum and the unweighted terms that went into it. */
export type Stage1Parts = { readonly total: tf.Scalar } & { readonly [K in keyof Stage1Weights]?: tf.Scalar };

const TERMS = ['global', 'regionText', 'spatial'] as const satisfies readonly (keyof Stage1Weights)[];

/**
 * The loss of stage 1: a weighted sum with named parts.
 *
 *     L = lambda_g Global + lambda_r RTCL + lambda_s SCC
 *
 * @param terms - scalars; those that are given are returned unweighted beside the total
 * @param weights - finite numbers >= 0; a weight of 0 keeps the term as a figure without a gradient
 * @returns scalars float32; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-option` naming every weight that is no number >= 0, or when no term is given;
 *   `losses/bad-shape` for a term that is no scalar
 * @see paper section 3.2.3, equation 3
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { stage1Loss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // In training these are imageTextLoss, regionTextLoss and relationLoss of one batch.
 * const terms = { global: tf.scalar(2), regionText: tf.scalar(5), spatial: tf.scalar(3) };
 * const { total, regionText } = stage1Loss(terms, { global: 1, regionText: 0.2, spatial: 0.1 });
 * // 1 * 2 + 0.2 * 5 + 0.1 * 3; the parts stay unweighted.
 * if (!(Math.abs(total.dataSync()[0]! - 3.3) < 1e-6)) throw new Error('expected 3.3');
 * if (regionText?.dataSync()[0] !== 5) throw new Error('expected 5');
 * ```
 */
export function stage1Loss(terms: Stage1Terms, weights: Stage1Weights): Stage1Parts {
  const wrong = TERMS.filter((term) => !(Number.isFinite(weights[term]) && weights[term] >= 0));
  if (wrong.length > 0) {
    const got = wrong.map((term) => `${term}: ${weights[term]}`).join(', ');
    throw new FgamError(
      'losses/bad-option',
      `stage1Loss: expected weights >= 0, got ${got}; use 0 to leave a term out`,
    );
  }
  const given = TERMS.filter((term) => terms[term] !== undefined);
  if (given.length === 0) {
    throw new FgamError(
      'losses/bad-option',
      `stage1Loss: expected at least one of ${TERMS.join(', ')}, got none`,
    );
  }
  const parts = Object.fromEntries(given.map((term) => [term, scalarOf(term, terms[term] as tf.Tensor)]));
  const weighted = given.map((term) => tf.mul(parts[term] as tf.Scalar, weights[term]));
  return { ...parts, total: weighted.reduce((sum, term) => tf.add(sum, term)) as tf.Scalar };
}

function scalarOf(term: string, tensor: tf.Tensor): tf.Scalar {
  if (tensor.rank === 0) return tensor as tf.Scalar;
  throw new FgamError(
    'losses/bad-shape',
    `stage1Loss: expected ${term} to be a scalar, got [${tensor.shape.join(', ')}]; reduce it first`,
  );
}
