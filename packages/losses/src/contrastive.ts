import * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';
import { expectShape } from './expect-shape.js';
import { logSumExp } from './log-sum-exp.js';
import { logitScaleOf } from './logit-scale.js';

/** Added to the logit of a masked column: its exponential is exactly 0 in float32, and so is its gradient. */
const MASKED = -1e9;

/** What `contrastiveLoss` compares: pairs of rows, and who counts. */
export interface ContrastiveInputs {
  /** [B, D] float32, unit rows. */
  readonly images: tf.Tensor;
  /** [B, D] float32, unit rows. */
  readonly texts: tf.Tensor;
  /** theta: scalar float32. */
  readonly logitScale: tf.Tensor;
  /** [B], 1 for real pairs. */
  readonly mask?: tf.Tensor | undefined;
  /** [B] int32. */
  readonly textGroups?: tf.Tensor | undefined;
  /** [N, D] float32, unit rows. */
  readonly negatives?: tf.Tensor | undefined;
  /** [N], 1 for real negatives. */
  readonly negativeMask?: tf.Tensor | undefined;
  /** [N] int32. */
  readonly negativeGroups?: tf.Tensor | undefined;
}

/** 0 where the mask is 1, `MASKED` where it is 0. */
export function biasOf(mask: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sub(1, tf.cast(mask, 'float32')), MASKED);
}

/**
 * Symmetric InfoNCE over pairs of rows: the form that the region-text and the image-text loss share (see
 * `regionTextLoss` for the equation).
 *
 * @param name - of the public function, for errors
 * @param first - what that calls `images`
 * @throws FgamError `losses/bad-shape`; `losses/bad-option` for what is said of negatives where there are none,
 * or of their groups without those of texts
 */
export function contrastiveLoss(name: string, first: string, inputs: ContrastiveInputs): tf.Scalar {
  const { images, texts, logitScale, mask, textGroups } = inputs;
  const [count = 0, width = 0] = images.shape;
  expectShape(`${name}: expected ${first} to be`, images, [-1, -1], 'give one row an embedding');
  expectShape(
    `${name}: expected texts to match ${first}`,
    texts,
    [count, width],
    'row i of both is one pair',
  );
  expectShape(`${name}: expected logitScale to be a scalar`, logitScale, [], 'reshape it to []');
  if (mask) expectShape(`${name}: expected mask to be`, mask, [count], 'give one entry a row');
  if (textGroups)
    expectShape(`${name}: expected textGroups to be`, textGroups, [count], 'give one number a row');

  const scale = logitScaleOf(logitScale);
  const logits = tf.mul(tf.matMul(images, texts, false, true), scale);
  const present = mask ? tf.cast(mask, 'float32') : tf.ones([count]);
  const bias = mask ? biasOf(present) : undefined;
  const columns = withNegatives(
    name,
    bias ? tf.add(logits, tf.reshape(bias, [1, count])) : logits,
    scale,
    inputs,
  );
  const rows = bias ? tf.add(logits, tf.reshape(bias, [count, 1])) : logits;

  const likelihoods = tf.add(logSumExp(columns, 1), logSumExp(rows, 0));
  const matched = textGroups
    ? groupedMatches(logits, present, textGroups)
    : tf.mul(tf.sum(tf.mul(images, texts), 1), tf.mul(scale, 2));
  const losses = tf.mul(tf.sub(likelihoods, matched), present);
  return tf.div(tf.sum(losses), tf.mul(tf.maximum(tf.sum(present), 1), 2));
}

/** [B]: the mean logit of row i's positives plus that of column i's; positives share a group. */
function groupedMatches(logits: tf.Tensor, present: tf.Tensor, groups: tf.Tensor): tf.Tensor {
  const count = logits.shape[0] ?? 0;
  const row = tf.reshape(present, [1, count]);
  const column = tf.reshape(present, [count, 1]);
  const same = tf.cast(tf.equal(tf.reshape(groups, [count, 1]), tf.reshape(groups, [1, count])), 'float32');
  const sizes = tf.maximum(tf.sum(tf.mul(same, row), 1), 1);
  const matches = tf.mul(same, logits);
  return tf.div(tf.add(tf.sum(tf.mul(matches, row), 1), tf.sum(tf.mul(matches, column), 0)), sizes);
}

/** The logits with a column for each hard-negative text: [B, B + N]. */
function withNegatives(
  name: string,
  logits: tf.Tensor,
  scale: tf.Tensor,
  inputs: ContrastiveInputs,
): tf.Tensor {
  const { images, negatives, negativeMask, negativeGroups, textGroups } = inputs;
  if (!negatives && (negativeMask || negativeGroups))
    throw new FgamError('losses/bad-option', `${name}: expected negatives beside what is said of them`);
  if (negativeGroups && !textGroups)
    throw new FgamError(
      'losses/bad-option',
      `${name}: expected textGroups beside negativeGroups, which are compared with them`,
    );
  if (!negatives) return logits;
  const [count = 0, width = 0] = images.shape;
  const extra = negatives.shape[0] ?? 0;
  expectShape(
    `${name}: expected negatives to be`,
    negatives,
    [-1, width],
    'give one row a text, as wide as texts',
  );
  let added = tf.mul(tf.matMul(images, negatives, false, true), scale);
  if (negativeMask) {
    expectShape(`${name}: expected negativeMask to be`, negativeMask, [extra], 'give one entry a negative');
    added = tf.add(added, tf.reshape(biasOf(negativeMask), [1, extra]));
  }
  if (negativeGroups && textGroups) {
    expectShape(
      `${name}: expected negativeGroups to be`,
      negativeGroups,
      [extra],
      'give one number a negative',
    );
    const differs = tf.notEqual(tf.reshape(textGroups, [count, 1]), tf.reshape(negativeGroups, [1, extra]));
    added = tf.add(added, biasOf(differs));
  }
  return tf.concat([logits, added], 1);
}
