import type { HostTensor } from '@fgam/compile';
import { describe, expect, it } from 'vitest';
import { maxDifference, microConfig, randomTensor, randomWeights } from '../test-support.js';
import { createTokenizer } from '../tokenizer.js';
import {
  createDecodingPrograms,
  type DecodingLimits,
  type DecodingPrograms,
  stepForm,
} from './decoding-programs.js';

const config = microConfig({ text_config: { num_attention_heads: 2, num_key_value_heads: 1 } });
const model = { config, tokenizer: createTokenizer([]), weights: randomWeights(config, 4) };
const { hidden_size: size, num_hidden_layers: layers } = config.text_config;
const width = size / 2;
const [batch, capacity] = [3, 5];

const floats = (shape: readonly number[], seed: number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: randomTensor([...shape], seed).dataSync() as Float32Array,
});

/** A cache of five entries, the last of them not seen, and one more token a row. */
function inputs(): Record<string, HostTensor> {
  const all: Record<string, HostTensor> = {
    ids: { shape: [batch, 1], dtype: 'int32', data: Int32Array.of(4, 5, 6) },
    positions: { shape: [batch, 1], dtype: 'int32', data: Int32Array.of(4, 4, 2) },
    pick: { shape: [batch, 1], dtype: 'float32', data: Float32Array.of(1, 1, 1) },
    seen: {
      shape: [batch, capacity],
      dtype: 'float32',
      data: Float32Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0),
    },
  };
  for (let layer = 0; layer < layers; layer++) {
    all[`key.${layer}`] = floats([batch, 1, width, capacity], layer);
    all[`value.${layer}`] = floats([batch, 1, capacity, width], 10 + layer);
  }
  return all;
}

async function outputsOf(
  limits: DecodingLimits | undefined,
  run: (programs: DecodingPrograms) => Promise<Readonly<Record<string, HostTensor>>>,
) {
  const programs = createDecodingPrograms(model, {}, limits);
  const outputs = await run(programs);
  await programs.dispose();
  return outputs;
}

describe('stepForm', () => {
  it.each([
    [1, 1000, 'constants', true],
    [11, 1000, 'constants', false],
    [10, 1000, 'constants', true],
    [1, 1001, 'inputs', true],
    [10, 1001, 'inputs', false],
  ] as const)(
    '%i rows, %i parameters: weights as %s, one thread: %s',
    (rows, parameters, weightsAs, isOneThread) => {
      const limits = { constantBytes: 4000, oneThreadProducts: 10_000 };
      expect(stepForm(rows, parameters, limits)).toEqual({ weightsAs, isOneThread });
    },
  );
});

describe('createDecodingPrograms', () => {
  it.each<[string, DecodingLimits]>([
    ['weights as constants, one thread', { constantBytes: 1e9, oneThreadProducts: 1e9 }],
    ['weights as constants, all threads', { constantBytes: 1e9, oneThreadProducts: 0 }],
    ['weights as inputs, one thread', { constantBytes: 0, oneThreadProducts: 1e9 }],
    ['weights as inputs, all threads', { constantBytes: 0, oneThreadProducts: 0 }],
  ])('a step gives what prefill gives for one token: %s', async (_, limits) => {
    const expected = await outputsOf(undefined, (programs) => programs.prefill(inputs()));
    const outputs = await outputsOf(limits, (programs) => programs.decodeStep(inputs()));
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { data, shape }] of Object.entries(expected)) {
      expect(outputs[name]?.shape).toEqual(shape);
      expect(maxDifference(outputs[name]?.data ?? [], data), name).toBeLessThan(1e-5);
    }
  });

  it('what the cache does not show changes nothing', async () => {
    const step = (change: (all: Record<string, HostTensor>) => void) => {
      const all = inputs();
      change(all);
      return outputsOf(undefined, (programs) => programs.decodeStep(all));
    };
    const plain = await step(() => undefined);
    const hidden = await step((all) => {
      // The last entry of the first row: after the others in its values, in each column of its keys.
      (all['value.0'] as HostTensor).data.fill(99, (capacity - 1) * width, capacity * width);
      for (let i = 0; i < width; i++) (all['key.0'] as HostTensor).data[i * capacity + capacity - 1] = 99;
    });
    expect(hidden['logits']).toEqual(plain['logits']);
    const seen = await step((all) => ((all['value.0'] as HostTensor).data[0] = 99));
    expect(seen['logits']).not.toEqual(plain['logits']);
  });
});
