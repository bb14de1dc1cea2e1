import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxDifference, microConfig, randomTensor, randomWeights, rows, toTensors } from '../test-support.js';
import { conversationHidden } from './conversation-logits.js';
import { globalImageEmbeddings, globalTextEmbeddings } from './global-embeddings.js';
import { languageModel, tokenEmbeddings } from './language-model.js';

const END = 1;
const config = microConfig({ fgam: { hacl_embed_dim: 5 } });
const weights = toTensors(randomWeights(config, 3));

/** A state [1, D] through a projection, of length 1. */
function projected(hidden: tf.Tensor, name: string): Float32Array {
  const row = tf.matMul(hidden, weights[`fgam.${name}.weight`] as tf.Tensor, false, true);
  return tf.div(row, tf.norm(row)).dataSync() as Float32Array;
}

describe('globalImageEmbeddings', () => {
  const visual = randomTensor([2, 4, 8], 6);

  it.each([true, false])(
    'are the state at an end that follows the visual tokens, seen both ways: %s',
    (isBidirectional) => {
      const own = microConfig({ fgam: { hacl_embed_dim: 5, visual_prefix_bidirectional: isBidirectional } });
      const found = globalImageEmbeddings(weights, own, visual, { endId: END, isBidirectional });
      expect(found.shape).toEqual([2, 5]);
      // As an answer of one token, the end, would be read in training.
      const one = rows([[END], [END]]);
      const packed = { inputIds: one, segmentIds: tf.onesLike(one), positions: tf.zerosLike(one) };
      const hidden = conversationHidden(weights, own, visual, packed);
      for (const image of [0, 1]) {
        const state = tf.reshape(tf.slice(hidden, [image, 0, 0], [1, 1, 8]), [1, 8]);
        const row = tf.slice(found, [image, 0], [1, 5]).dataSync();
        expect(maxDifference(row, projected(state, 'hacl_vision_projection'))).toBeLessThan(1e-5);
      }
    },
  );
});

describe('globalTextEmbeddings', () => {
  it('are the state at the end of each text alone, whatever its padding', () => {
    const mask = tf.tensor2d([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 1],
    ]);
    const found = globalTextEmbeddings(
      weights,
      config,
      rows([
        [41, 42, 43, 0, 0],
        [50, 51, 52, 53, 54],
      ]),
      mask,
      { endId: END },
    ); // prettier-ignore
    for (const [row, ids] of [
      [41, 42, 43, END],
      [50, 51, 52, 53, 54, END],
    ].entries()) {
      const positions = tf.reshape(tf.range(0, ids.length, 1, 'int32'), [1, ids.length]);
      const hidden = languageModel(weights, config, {
        embeddings: tokenEmbeddings(weights, rows([ids])),
        positions,
      });
      const last = tf.reshape(tf.slice(hidden, [0, ids.length - 1, 0], [1, 1, 8]), [1, 8]);
      const own = tf.slice(found, [row, 0], [1, 5]).dataSync();
      expect(maxDifference(own, projected(last, 'hacl_text_projection'))).toBeLessThan(1e-5);
    }
  });
});
