import type { TensorMap } from '@fgam/compile';
import { RELATIONS } from '@fgam/data';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { relationParts } from '../head-specs.js';
import { expectShape, weightOf } from '../tensors.js';
import { activate } from './activation.js';
import { linear } from './linear.js';
import { relationTransformer } from './relation-transformer.js';

const HEAD = 'fgam.relation_head';

/**
 * The relation head g over all ordered pairs of regions of each image: a two-layer MLP on [v_i; v_j], with
 * `relation_features: 'interactive'` on [v_i; v_j; v_i * v_j; v_i - v_j]; with `relation_transformer`, a
 * transformer over the same parts (`relationTransformer`).
 *
 * The MLP's first layer is linear in v_i and v_j apart, so it is applied to regions and added by broadcast:
 * pairs are never concatenated. Source: the paper's spatial consistency constraint (section 3.2.3); pairs i =
 * i are computed and must be masked by the loss.
 *
 * @param regions - [B * R, E] float32, from `regionEmbeddings`
 * @param regionsPerImage - R
 * @returns [B, R, R, 7] float32: entry [b, i, j] holds the logits of `RELATIONS` for i to j
 * @throws FgamError `models/bad-shape` for regions of another width
 * @example
 * ```ts
 * import { compactConfig, createWeights, relationLogits } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ fgam: { embed_dim: 2, relation_hidden_size: 4 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * const regions = tf.tensor2d([[1, 0], [0, 1], [0.6, 0.8]]);
 * const all = relationLogits(weights, config, regions, 3);
 * // A pair's logits are the pair's own: those of regions 1 and 2 stay where region 0 is left out.
 * const two = relationLogits(weights, config, tf.slice(regions, 1, 2), 2);
 * const [pair, alone] = [tf.slice(all, [0, 1, 2], [1, 1, 1]), tf.slice(two, [0, 0, 1], [1, 1, 1])];
 * if (all.shape.join() !== '1,3,3,7') throw new Error(all.shape.join());
 * if (tf.max(tf.abs(tf.sub(pair, alone))).dataSync()[0]! > 1e-5) throw new Error('logits changed');
 * ```
 */
export function relationLogits(
  weights: TensorMap,
  config: ModelConfig,
  regions: tf.Tensor,
  regionsPerImage: number,
): tf.Tensor {
  const { embed_dim: width, relation_hidden_size: hidden, relation_transformer: transformer } = config.fgam;
  expectShape('relationLogits: regions', regions, [-1, width]);
  const count = regionsPerImage;
  if (transformer !== undefined) return relationTransformer(weights, config, transformer, regions, count);
  const parts = relationParts(config.fgam);
  const weight = weightOf(weights, `${HEAD}.linear_1.weight`);
  const [first, second, product, difference] = tf.split(weight, parts, 1);
  const ofSubject = difference === undefined ? first : tf.add(first as tf.Tensor, difference);
  const ofObject = difference === undefined ? second : tf.sub(second as tf.Tensor, difference);
  const subject = tf.matMul(regions, ofSubject as tf.Tensor, false, true);
  const object = tf.add(
    tf.matMul(regions, ofObject as tf.Tensor, false, true),
    weightOf(weights, `${HEAD}.linear_1.bias`),
  );
  let pairs: tf.Tensor = tf.add(
    tf.reshape(subject, [-1, count, 1, hidden]),
    tf.reshape(object, [-1, 1, count, hidden]),
  );
  if (product !== undefined) {
    const products = tf.mul(
      tf.reshape(regions, [-1, count, 1, width]),
      tf.reshape(regions, [-1, 1, count, width]),
    );
    const mapped = tf.matMul(tf.reshape(products, [-1, width]), product, false, true);
    pairs = tf.add(pairs, tf.reshape(mapped, [-1, count, count, hidden]));
  }
  const logits = linear(weights, `${HEAD}.linear_2`, activate('gelu', tf.reshape(pairs, [-1, hidden])));
  return tf.reshape(logits, [-1, count, count, RELATIONS.length]);
}
