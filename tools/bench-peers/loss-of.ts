import type { LossProgram } from '@fgam/compile';
import { tokenLoss } from '@fgam/losses';
import { languageModel, linear, tokenEmbeddings, tokenLogits, visionTower } from '@fgam/models';
import { compositeLoss } from '@fgam/trainer';
import * as tf from '@tensorflow/tfjs-core';
import type { Job, TrainingDetails } from './job.js';

/** A program's loss, built of the product's own parts. */
export function lossOf(config: Job['config'], details: TrainingDetails): LossProgram {
  const { lossWeights, blockLength, recompute = false } = details;
  switch (details.loss) {
    case 'tokens':
      return (weights, { inputIds, targets }) => {
        const [batch, length] = inputIds?.shape as [number, number];
        const positions = tf.tile(tf.reshape(tf.range(0, length, 1, 'int32'), [1, length]), [batch, 1]);
        const embeddings = tokenEmbeddings(weights, inputIds as tf.Tensor);
        const hidden = languageModel(weights, config, { embeddings, positions });
        const logits = tokenLogits(weights, config, hidden);
        return { total: tokenLoss({ logits, labels: targets as tf.Tensor, mask: tf.ones([batch, length]) }) };
      };
    case 'classes':
      return (weights, inputs) => {
        const tokens = visionTower(weights, config, inputs['pixels'] as tf.Tensor, {
          recompute,
        });
        const pooled = tf.mean(tokens, 1);
        const logits = linear(weights, 'fgam.vision_projection', pooled);
        const labels = inputs['labels'] as tf.Tensor;
        return { total: tokenLoss({ logits, labels, mask: tf.onesLike(labels) }) };
      };
    case 'composite':
      if (lossWeights === undefined || blockLength === undefined)
        throw new Error('composite loss: expected weights and a block length');
      return (weights, inputs) => {
        const length = inputs['inputIds']?.shape[1] ?? 0;
        const blockLengths = new Map([[length, blockLength]]);
        return compositeLoss({ config, weights: lossWeights, blockLengths })(weights, inputs);
      };
  }
}
