import { createFunction } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxDifference, microConfig, randomTensor, randomWeights, toTensors } from '../test-support.js';
import { relationLogits } from './relation-logits.js';

const HEAD = 'fgam.relation_head';

describe.each(['concatenation', 'interactive'] as const)(
  'the relation head as a transformer, %s',
  (features) => {
    const config = microConfig({
      fgam: {
        relation_features: features,
        relation_hidden_size: 4,
        relation_transformer: {
          num_hidden_layers: 2,
          num_attention_heads: 2,
          intermediate_size: 6,
          layer_norm_eps: 1e-5,
          hidden_act: 'gelu',
        },
      },
    });
    const host = randomWeights(config, 7);
    const weights = toTensors(host);
    const regions = randomTensor([2 * 3, 6], 5);
    const plain = (name: string): number[][] =>
      (weights[`${HEAD}.${name}`]?.rank === 1
        ? [weights[`${HEAD}.${name}`]?.arraySync()]
        : weights[`${HEAD}.${name}`]?.arraySync()) as number[][];

    it('equals the transformer written out for each ordered pair', () => {
      const logits = relationLogits(weights, config, regions, 3);
      expect(logits.shape).toEqual([2, 3, 3, 7]);
      const vectors = regions.arraySync() as number[][];
      const expected: number[] = [];
      for (const image of [0, 1])
        for (const i of [0, 1, 2])
          for (const j of [0, 1, 2])
            expected.push(...pairLogits(vectors[3 * image + i] ?? [], vectors[3 * image + j] ?? []));
      expect(maxDifference(logits.dataSync(), expected)).toBeLessThan(1e-4);
    });

    it('tells a pair the same whatever other regions there are', () => {
      const all = relationLogits(weights, config, regions, 3).arraySync() as number[][][][];
      const two = relationLogits(
        weights,
        config,
        tf.slice(regions, [1, 0], [2, 6]),
        2,
      ).arraySync() as number[][][][];
      expect(maxDifference(two[0]?.[0]?.[1] ?? [], all[0]?.[1]?.[2] ?? [])).toBeLessThan(1e-5);
    });

    it('is the same captured', async () => {
      const program = createFunction(
        (w, inputs) => ({ logits: relationLogits(w, config, inputs['regions'] as tf.Tensor, 3) }),
        { weights: host },
      );
      const { logits } = await program.run({
        regions: { shape: [6, 6], dtype: 'float32', data: regions.dataSync() as Float32Array },
      });
      await program.dispose();
      expect(
        maxDifference(logits?.data ?? [], relationLogits(weights, config, regions, 3).dataSync()),
      ).toBeLessThan(1e-5);
    });

    /** Lists of numbers and no tensors. */
    function pairLogits(a: number[], b: number[]): number[] {
      const parts =
        features === 'interactive'
          ? [a, b, a.map((x, k) => x * (b[k] ?? 0)), a.map((x, k) => x - (b[k] ?? 0))]
          : [a, b];
      let tokens = parts.map((part, at) =>
        add(affine('projection', part), plain('position_embedding.weight')[at] ?? []),
      );
      for (const layer of [0, 1]) {
        const name = (part: string) => `layers.${layer}.${part}`;
        const normed = tokens.map((token) => norm(name('layer_norm1'), token));
        const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((part) =>
          normed.map((token) => affine(name(`self_attn.${part}`), token)),
        ) as [number[][], number[][], number[][]];
        const mixed = q.map((query) =>
          [0, 1].flatMap((head) => {
            const of = (vector: number[]) => vector.slice(2 * head, 2 * head + 2);
            const scores = k.map((key) => Math.exp(dot(of(query), of(key)) / Math.sqrt(2)));
            const total = scores.reduce((x, y) => x + y);
            return [0, 1].map((d) =>
              scores.reduce((sum, score, at) => sum + (score / total) * (of(v[at] ?? [])[d] ?? 0), 0),
            );
          }),
        );
        tokens = tokens.map((token, at) => add(token, affine(name('self_attn.out_proj'), mixed[at] ?? [])));
        tokens = tokens.map((token) => {
          const inner = affine(name('mlp.fc1'), norm(name('layer_norm2'), token));
          return add(token, affine(name('mlp.fc2'), gelu(inner)));
        });
      }
      return affine(
        'classifier',
        tokens.flatMap((token) => norm('layer_norm', token)),
      );
    }

    function affine(name: string, x: number[]): number[] {
      const bias = plain(`${name}.bias`)[0] ?? [];
      return plain(`${name}.weight`).map((row, out) => dot(row, x) + (bias[out] ?? 0));
    }

    function norm(name: string, x: number[]): number[] {
      const mean = x.reduce((a, b) => a + b) / x.length;
      const variance = x.reduce((sum, each) => sum + (each - mean) ** 2, 0) / x.length;
      const [gain, bias] = [plain(`${name}.weight`)[0] ?? [], plain(`${name}.bias`)[0] ?? []];
      return x.map(
        (each, i) => ((each - mean) / Math.sqrt(variance + 1e-5)) * (gain[i] ?? 0) + (bias[i] ?? 0),
      );
    }
  },
);

const dot = (a: number[], b: number[]): number => a.reduce((sum, x, k) => sum + x * (b[k] ?? 0), 0);
const add = (a: number[], b: number[]): number[] => a.map((x, k) => x + (b[k] ?? 0));
const gelu = (x: number[]): number[] => [
  ...tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)).dataSync(),
];
