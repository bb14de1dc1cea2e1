import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { microConfig, randomWeights, toTensors, uniforms } from '../test-support.js';
import { detectionOutputs } from './detection.js';
import { unitRows } from './embeddings.js';

const config = microConfig({ fgam: { box_hidden_size: 5 } });
const weights = randomWeights(config, 3);
const uniform = uniforms(4);
const values = (length: number): number[] => Array.from({ length }, () => 2 * uniform() - 1);
const [batch, tokens, width, embed, phrases] = [2, 4, 8, 6, 3];
const x = values(batch * tokens * width);
const t = [...unitRows(tf.tensor(values(phrases * embed), [phrases, embed])).dataSync()];

/** y = W x + b in plain numbers. */
function map(name: string, input: readonly number[]): number[] {
  const { data, shape } = weights[`${name}.weight`] ?? { data: [], shape: [] };
  const bias = weights[`${name}.bias`]?.data;
  return Array.from({ length: shape[0] ?? 0 }, (_, o) =>
    input.reduce((sum, value, i) => sum + value * Number(data[o * input.length + i]), Number(bias?.[o] ?? 0)),
  );
}

test('scores and boxes by their definitions', () => {
  const { logits, boxes } = detectionOutputs(
    toTensors(weights),
    config,
    tf.tensor(x, [batch, tokens, width]),
    tf.tensor(t, [phrases, embed]),
  );
  expect(logits.shape).toEqual([batch, tokens, phrases]);
  expect(boxes.shape).toEqual([batch, tokens, 4]);
  const [z, b] = [logits.dataSync(), boxes.dataSync()];
  const scale = Math.exp(Number(weights['fgam.detection_logit_scale']?.data[0]));
  const bias = Number(weights['fgam.detection_logit_bias']?.data[0]);
  const gelu = (v: number): number => 0.5 * v * (1 + erf(v / Math.SQRT2));
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  const logit = (p: number): number => Math.log(p / (1 - p));
  for (let row = 0; row < batch * tokens; row++) {
    const token = x.slice(row * width, (row + 1) * width);
    const e = map('fgam.detection_projection', token);
    const norm = Math.hypot(...e);
    for (let p = 0; p < phrases; p++) {
      const cosine = e.reduce((sum, v, i) => sum + (v / norm) * (t[p * embed + i] ?? 0), 0);
      expect(z[row * phrases + p]).toBeCloseTo(scale * cosine + bias, 4);
    }
    const moved = map('fgam.box_head.linear_2', map('fgam.box_head.linear_1', token).map(gelu));
    // A grid of 2: cells' centres at 0.25 and 0.75, sides 0.5.
    const n = row % tokens;
    const prior = [0.25 + 0.5 * (n % 2), 0.25 + 0.5 * Math.floor(n / 2), 0.5, 0.5];
    for (let k = 0; k < 4; k++)
      expect(b[row * 4 + k]).toBeCloseTo(sigmoid((moved[k] ?? 0) + logit(prior[k] ?? 0)), 4);
  }
});

/** Abramowitz and Stegun 7.1.26: within 1.5e-7. */
function erf(v: number): number {
  const u = 1 / (1 + 0.3275911 * Math.abs(v));
  const poly =
    ((((1.061405429 * u - 1.453152027) * u + 1.421413741) * u - 0.284496736) * u + 0.254829592) * u;
  return Math.sign(v) * (1 - poly * Math.exp(-v * v));
}
