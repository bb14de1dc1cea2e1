import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Backend,
  createTrainingStep,
  type HostTensor,
  readSafetensors,
  type Weights,
} from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClipTextConfig } from '../config.js';
import { clipTextSchema } from '../config-schema.js';
import { clipTextSpecs } from '../head-specs.js';
import { maxDifference, rows, toTensors } from '../test-support.js';
import { weightFaults } from '../weight-faults.js';
import { clipTextTower } from './clip-text-tower.js';
import { endedTexts } from './ended-texts.js';

const folder = fileURLToPath(new URL('../../test-fixtures/tiny-clip-text', import.meta.url));
const ROOT = 'fgam.text_tower';

let config: ClipTextConfig;
let weights: Weights;
/** What transformers makes of `ids`; `ends` are the first end tokens, as it looks for them. */
let expected: Readonly<Record<string, HostTensor>>;
let ends: Float32Array;

beforeAll(async () => {
  const json = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as unknown;
  config = clipTextSchema.strip().parse(json);
  const stored = (await readSafetensors(join(folder, 'model.safetensors'))).weights;
  weights = Object.fromEntries(Object.entries(stored).map(([name, weight]) => [`${ROOT}.${name}`, weight]));
  expected = (await readSafetensors(join(folder, 'expected.safetensors'))).weights;
  const { shape = [], data = [] } = expected['ids'] ?? {};
  const [count = 0, length = 0] = shape;
  ends = new Float32Array(count * length);
  for (let row = 0; row < count; row++)
    ends[row * length + [...data.slice(row * length, (row + 1) * length)].indexOf(config.eos_token_id)] = 1;
});

const tensor = (name: string): HostTensor => expected[name] as HostTensor;

describe('clipTextTower', () => {
  it('has the weights of transformers’ CLIPTextModelWithProjection', () => {
    expect(weightFaults(clipTextSpecs(ROOT, config), weights)).toEqual([]);
  });

  it('gives its embeddings, padded with zeros or with the end token', () => {
    const { ids } = toTensors({ ids: tensor('ids') }) as { ids: tf.Tensor };
    const found = clipTextTower(toTensors(weights), ROOT, config, { ids, ends: tf.tensor(ends, ids.shape) });
    expect(found.shape).toEqual(tensor('text_embeds').shape);
    expect(maxDifference(found.dataSync(), tensor('text_embeds').data)).toBeLessThan(1e-4);
  });

  it.each<[Backend, boolean | 'activations']>([
    ['ort-cpu', false],
    ['ort-cpu', true],
    ['ort-cpu', 'activations'],
    ['tfjs-cpu', false],
  ])('gives torch’s gradients on %s, recompute %s', async (backend, recompute) => {
    const step = createTrainingStep({
      loss: (all, inputs) => {
        const { ids, ends: last, by } = inputs as Record<'ids' | 'ends' | 'by', tf.Tensor>;
        const found = clipTextTower(all, ROOT, config, { ids, ends: last }, { recompute });
        return { total: tf.sum(tf.mul(found, by)) };
      },
      weights,
      optimizer: { beta1: 0, beta2: 0.999, clipNorm: 1e9, weightDecay: 0 },
      backend,
    });
    const inputs = {
      ids: tensor('ids'),
      ends: { shape: tensor('ids').shape, dtype: 'float32', data: ends } as const,
      by: tensor('weights'),
    };
    await step.run(inputs, { learningRate: 0 });
    const { firstMoment } = await step.state();
    await step.dispose();
    expect(Object.keys(firstMoment).sort()).toEqual(Object.keys(weights).sort());
    for (const [name, { data }] of Object.entries(firstMoment)) {
      const torch = tensor(`gradient/${name.slice(ROOT.length + 1)}`).data;
      const largest = Math.max(...[...torch].map(Math.abs), 1e-2);
      expect(maxDifference(data, torch) / largest, name).toBeLessThan(1e-3);
    }
  });

  it('refuses texts that are longer than its positions', () => {
    const ids = rows([Array<number>(11).fill(1)]);
    expect(() => clipTextTower(toTensors(weights), ROOT, config, { ids, ends: tf.ones([1, 11]) })).toThrow(
      /at most max_position_embeddings 10 tokens with the end, got 11/,
    );
  });
});

describe('endedTexts', () => {
  it('puts the end after the last token of each text, however long', () => {
    const mask = tf.tensor2d([
      [1, 1, 0],
      [1, 1, 1],
      [0, 0, 0],
    ]);
    const { ids, ends } = endedTexts(
      rows([
        [5, 6, 0],
        [5, 6, 7],
        [0, 0, 0],
      ]),
      mask,
      9,
    ); // prettier-ignore
    expect(ids.arraySync()).toEqual([
      [5, 6, 9, 0],
      [5, 6, 7, 9],
      [9, 0, 0, 0],
    ]);
    expect(ends.arraySync()).toEqual([
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [1, 0, 0, 0],
    ]);
  });
});
