import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxDifference, microConfig, randomTensor, randomWeights, rows, toTensors } from '../test-support.js';
import { imageEmbeddings, regionEmbeddings, textEmbeddings } from './embeddings.js';
import { relationLogits } from './relation-logits.js';

const config = microConfig();
const weights = toTensors(randomWeights(config, 1));
const norms = (x: tf.Tensor) => tf.norm(x, 'euclidean', 1).dataSync();

describe('regionEmbeddings', () => {
  const tokens = randomTensor([2, 4, 8], 2);

  it('are unit rows; a region over all tokens alike is the image', () => {
    const roi = tf.tile(
      tf.tensor3d([
        [
          [0.25, 0.25, 0.25, 0.25],
          [1, 0, 0, 0],
        ],
      ]),
      [2, 1, 1],
    );
    const regions = regionEmbeddings(weights, config, tokens, roi);
    expect(regions.shape).toEqual([4, 6]);
    expect(maxDifference(norms(regions), [1, 1, 1, 1])).toBeLessThan(1e-5);
    const images = imageEmbeddings(weights, tokens);
    expect(maxDifference(tf.gather(regions, [0, 2]).dataSync(), images.dataSync())).toBeLessThan(1e-5);
  });

  it('leave padded regions zero, not NaN', () => {
    const padded = regionEmbeddings(weights, config, tokens, tf.zeros([2, 1, 4]));
    expect(maxDifference(padded.dataSync(), new Float32Array(12))).toBe(0);
  });

  it('refuse RoI weights of another grid', () => {
    expect(() => regionEmbeddings(weights, config, tokens, tf.zeros([2, 1, 9]))).toThrow(
      /roiWeights: expected shape \[2, any, 4\], got \[2, 1, 9\]/,
    );
  });
});

describe.each(['mean', 'last'] as const)('textEmbeddings, %s pooling', (text_pooling) => {
  const pooled = microConfig({ fgam: { text_pooling } });

  it('are unit rows that do not change with padding', () => {
    const short = textEmbeddings(weights, pooled, rows([[41, 42, 43]]), tf.ones([1, 3]));
    const padded = textEmbeddings(
      weights,
      pooled,
      rows([
        [41, 42, 43, 0, 0],
        [50, 51, 52, 53, 54],
      ]),
      tf.tensor2d([
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1],
      ]),
    );
    expect(maxDifference(norms(padded), [1, 1])).toBeLessThan(1e-5);
    expect(maxDifference(tf.slice(padded, [0, 0], [1, 6]).dataSync(), short.dataSync())).toBeLessThan(1e-5);
  });
});

describe.each(['concatenation', 'interactive'] as const)('relationLogits, %s', (relation_features) => {
  const related = microConfig({ fgam: { relation_features } });
  const own = toTensors(randomWeights(related, 4));

  it('equal the MLP on every concatenated ordered pair', () => {
    const regions = randomTensor([2 * 3, 6], 5);
    const logits = relationLogits(own, related, regions, 3);
    expect(logits.shape).toEqual([2, 3, 3, 7]);
    const vectors = regions.arraySync() as number[][];
    const expected: number[] = [];
    for (const image of [0, 1]) {
      for (const i of [0, 1, 2]) {
        for (const j of [0, 1, 2])
          expected.push(...plainHead(vectors[3 * image + i] ?? [], vectors[3 * image + j] ?? []));
      }
    }
    expect(maxDifference(logits.dataSync(), expected)).toBeLessThan(1e-4);
  });

  /** The head on one pair, as the equation reads. */
  function plainHead(a: number[], b: number[]): Iterable<number> {
    const more =
      relation_features === 'interactive'
        ? [a.map((x, k) => x * (b[k] ?? 0)), a.map((x, k) => x - (b[k] ?? 0))]
        : [];
    const layer = (n: number, x: tf.Tensor) =>
      tf.add(
        tf.matMul(x, own[`fgam.relation_head.linear_${n}.weight`] as tf.Tensor, false, true),
        own[`fgam.relation_head.linear_${n}.bias`] as tf.Tensor,
      );
    const hidden = layer(1, tf.tensor2d([[...a, ...b, ...more.flat()]]));
    const gelu = tf.mul(tf.mul(hidden, 0.5), tf.add(tf.erf(tf.mul(hidden, Math.SQRT1_2)), 1));
    return Array.from(layer(2, gelu).dataSync());
  }
});
