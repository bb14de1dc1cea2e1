import * as tf from '@tensorflow/tfjs-core';
import { expectShape } from './expect-shape.js';

/** Inputs of {@link detectionLoss}. Axes: B images, N vision tokens, C phrases. */
export interface DetectionLossInputs {
  /** Unnormalised score of each phrase at each token: [B, N, C] float32. */
  readonly logits: tf.Tensor;
  /** The phrase of the object that a token stands for: [B, N] int32, 0 .. C - 1; -1 for background. */
  readonly labels: tf.Tensor;
  /** Boxes that tokens predict, [centre x, centre y, width, height] in fractions of the image: [B, N, 4] float32. */
  readonly boxes: tf.Tensor;
  /** Boxes of the objects, in the same form: [B, N, 4] float32; anything where the label is -1. */
  readonly targets: tf.Tensor;
  /** Phrases that are real: [C] float32, 1 or 0. Default: all. */
  readonly phraseMask?: tf.Tensor;
}

/** Parts of {@link detectionLoss}, scalars of float32. */
export interface DetectionLossParts {
  readonly total: tf.Scalar;
  readonly classification: tf.Scalar;
  readonly l1: tf.Scalar;
  readonly giou: tf.Scalar;
}

/** Weights of the parts, as DETR has them relative to each other (2, 5, 2 with focal loss), the first of them 1. */
const WEIGHTS = { classification: 1, l1: 2.5, giou: 1 } as const;
/** RetinaNet's: the share of positives in the focal loss. */
const ALPHA = 0.25;
/** Keeps quotients of areas finite. */
const TINY = 1e-6;

/**
 * The loss of a detector whose every vision token may stand for one object, with phrases in place of classes.
 *
 *     L = 1/max(1, P) [ sum_(n, c) FL(z_nc, y_nc) + 2.5 sum_(n in pos) |b_n - b*_n|_1 + sum_(n in pos) (1 - GIoU(b_n, b*_n)) ]
 *     FL(z, 1) = -0.25 (1 - sigma(z))^2 log sigma(z),   FL(z, 0) = -0.75 sigma(z)^2 log(1 - sigma(z))
 *
 * P is the number of tokens with an object. Boxes of background tokens and masked phrases count for nothing.
 *
 * @returns scalars; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 * @see Minderer et al. 2022 (OWL-ViT: tokens as boxes, phrases as classes), Lin et al. 2017 (focal loss,
 * alpha 0.25 and gamma 2), Rezatofighi et al. 2019 (GIoU), Carion et al. 2020 (weights of the parts)
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { detectionLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const boxes = tf.tensor3d([[[0.5, 0.5, 0.2, 0.2]]]);
 * const { l1, giou } = detectionLoss({ logits: tf.zeros([1, 1, 2]), labels: tf.tensor2d([[1]], [1, 1], 'int32'), boxes, targets: boxes });
 * if (l1.dataSync()[0] !== 0 || Math.abs(giou.dataSync()[0] ?? 1) > 1e-4) throw new Error('expected a perfect box');
 * ```
 */
export function detectionLoss({
  logits,
  labels,
  boxes,
  targets,
  phraseMask,
}: DetectionLossInputs): DetectionLossParts {
  const [batch = 0, count = 0, phrases = 0] = logits.shape;
  expectShape(
    'detectionLoss: expected logits to be',
    logits,
    [-1, -1, -1],
    'give images by tokens by phrases',
  );
  const then = 'give one label and two boxes a token';
  expectShape('detectionLoss: expected labels to be', labels, [batch, count], then);
  expectShape('detectionLoss: expected boxes to be', boxes, [batch, count, 4], then);
  expectShape('detectionLoss: expected targets to be', targets, [batch, count, 4], then);
  if (phraseMask)
    expectShape('detectionLoss: expected phraseMask to be', phraseMask, [phrases], 'give one entry a phrase');
  const rows = batch * count;
  const flat = tf.reshape(labels, [rows]);
  const positive = tf.cast(tf.greaterEqual(flat, 0), 'float32');
  const objects = tf.maximum(tf.sum(positive), 1);
  // A row of zeros where there is no object: no phrase has its label.
  const wanted = tf.cast(
    tf.equal(tf.expandDims(tf.cast(flat, 'int32'), 1), tf.range(0, phrases, 1, 'int32')),
    'float32',
  );
  const each = focal(tf.reshape(logits, [rows, phrases]), wanted);
  const counted = phraseMask ? tf.mul(each, tf.expandDims(phraseMask, 0)) : each;
  const classification = tf.div<tf.Scalar>(tf.sum(counted), objects);
  const [found, truth] = [tf.reshape(boxes, [rows, 4]), tf.reshape(targets, [rows, 4])];
  const ofObjects = (x: tf.Tensor): tf.Scalar =>
    tf.div(tf.sum(tf.mul(x, tf.expandDims(positive, 1))), objects);
  const l1 = ofObjects(tf.abs(tf.sub(found, truth)));
  const giou = ofObjects(tf.sub(1, generalizedIou(found, truth)));
  const total = tf.add<tf.Scalar>(
    tf.mul(classification, WEIGHTS.classification),
    tf.add(tf.mul(l1, WEIGHTS.l1), tf.mul(giou, WEIGHTS.giou)),
  );
  return { total, classification, l1, giou };
}

/** FL of each entry; log sigma(z) = -softplus(-z). */
function focal(logits: tf.Tensor, wanted: tf.Tensor): tf.Tensor {
  const p = tf.sigmoid(logits);
  const hit = tf.mul(tf.square(tf.sub(1, p)), softplus(tf.neg(logits)));
  const miss = tf.mul(tf.square(p), softplus(logits));
  return tf.add(tf.mul(tf.mul(wanted, hit), ALPHA), tf.mul(tf.mul(tf.sub(1, wanted), miss), 1 - ALPHA));
}

/** log(1 + e^x) without overflow. */
function softplus(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.relu(x), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(x))))));
}

/** GIoU of boxes [M, 4] of centre and size: [M, 1], -1..1. */
function generalizedIou(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [a0, a1] = corners(a);
  const [b0, b1] = corners(b);
  const shared = area(tf.maximum(a0, b0), tf.minimum(a1, b1));
  const union = tf.sub(tf.add(area(a0, a1), area(b0, b1)), shared);
  const hull = area(tf.minimum(a0, b0), tf.maximum(a1, b1));
  return tf.sub(tf.div(shared, tf.add(union, TINY)), tf.div(tf.sub(hull, union), tf.add(hull, TINY)));
}

function corners(boxes: tf.Tensor): readonly [tf.Tensor, tf.Tensor] {
  const centre = tf.slice(boxes, [0, 0], [-1, 2]);
  const half = tf.mul(tf.slice(boxes, [0, 2], [-1, 2]), 0.5);
  return [tf.sub(centre, half), tf.add(centre, half)];
}

/** Area between lower and upper corners [M, 2]: [M, 1], 0 where they are crossed. */
function area(lower: tf.Tensor, upper: tf.Tensor): tf.Tensor {
  const sides = tf.relu(tf.sub(upper, lower));
  return tf.mul(tf.slice(sides, [0, 0], [-1, 1]), tf.slice(sides, [0, 1], [-1, 1]));
}
