import type { HostTensor } from '@fgam/compile';
import { describe, expect, it } from 'vitest';
import { maxDifference, microConfig, randomTensor, randomWeights } from '../test-support.js';
import { createTokenizer } from '../tokenizer.js';
import { visionGrid } from '../vision-grid.js';
import {
  createDecodingPrograms,
  type DecodingLimits,
  type DecodingPrograms,
  stepForm,
} from './decoding-programs.js';
import { createKeyValueCache } from './key-value-cache.js';

const heads = { num_attention_heads: 2, num_key_value_heads: 1 };
/** Heads of 4 and of 16: the cache's attention is composed for the first, one node for the second. */
const configs = [{}, { hidden_size: 32 }].map((size) => microConfig({ text_config: { ...heads, ...size } }));
const batch = 3;
const tokens = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/** The last row is text alone. */
const hasImage = [1, 1, 0];

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

describe.each(configs)('createDecodingPrograms', (config) => {
  const model = { config, tokenizer: createTokenizer([]), weights: randomWeights(config, 4) };
  const prefix = visionGrid(config).visualTokens;
  const capacity = prefix + 6;
  const width = config.text_config.hidden_size / 2;
  const images = createKeyValueCache(config, batch, prefix);
  for (const [i, { shape, data }] of Object.values(images.tensors).entries())
    data.set(randomTensor([...shape], i).dataSync());

  const ints = (shape: readonly number[], values: readonly number[]): HostTensor => ({
    shape,
    dtype: 'int32',
    data: Int32Array.from(values),
  });
  const floats = (shape: readonly number[], values: readonly number[]): HostTensor => ({
    shape,
    dtype: 'float32',
    data: Float32Array.from(values),
  });

  /** Of a row its first `count` tokens, read after its image's keys and values or after nothing. */
  function read(programs: DecodingPrograms, row: number, count: number) {
    const start = hasImage[row] ? prefix : 0;
    const before = createKeyValueCache(config, 1, start);
    before.write(0, 0, start, { tensors: images.tensors, row });
    return programs.read({
      ids: ints([1, count], tokens.slice(4 * row, 4 * row + count)),
      positions: ints(
        [1, count],
        Array.from({ length: count }, (_, at) => start + at),
      ),
      picks: ints([1], [count - 1]),
      ...(start === 0 ? {} : before.tensors),
    });
  }

  /** Logits after three tokens that were read and a step of one, and the cache after it. */
  async function decoded(
    programs: DecodingPrograms,
    change: (data: Float32Array[]) => void = () => undefined,
  ) {
    const cache = createKeyValueCache(config, batch, capacity);
    for (const [row, has] of hasImage.entries()) {
      const start = has ? prefix : 0;
      const { logprobs, best, ...entries } = await read(programs, row, 3);
      expect(logprobs?.shape).toEqual([1, config.text_config.vocab_size]);
      expect(best?.shape).toEqual([1]);
      cache.write(row, 0, start, { tensors: images.tensors, row });
      cache.write(row, start, 3, { tensors: entries, row: 0 });
    }
    change(Object.values(cache.tensors).map(({ data }) => data));
    const size = config.text_config.vocab_size;
    const results = {
      logprobs: floats([batch, size], new Array(batch * size).fill(0)),
      best: ints([batch], [-1, -1, -1]),
      ...cache.tensors,
    };
    const ids = ints([batch], [7, 11, 15]);
    const lengths = ints(
      [batch],
      hasImage.map((has) => (has ? prefix : 0) + 3),
    );
    await programs.decodeStep({ ids, lengths, ...cache.tensors }, results);
    return { logprobs: results.logprobs, best: results.best, cache: cache.tensors };
  }

  it.each<[string, DecodingLimits]>([
    ['weights as constants, one thread', { constantBytes: 1e9, oneThreadProducts: 1e9 }],
    ['weights as constants, all threads', { constantBytes: 1e9, oneThreadProducts: 0 }],
    ['weights as inputs, one thread', { constantBytes: 0, oneThreadProducts: 1e9 }],
    ['weights as inputs, all threads', { constantBytes: 0, oneThreadProducts: 0 }],
  ])('a step goes on where reading ended: %s', async (_, limits) => {
    const programs = createDecodingPrograms(model, {}, limits);
    const stepped = await decoded(programs);
    const size = config.text_config.vocab_size;
    for (const [row, has] of hasImage.entries()) {
      const { logprobs, best, ...entries } = await read(programs, row, 4);
      const found = [...stepped.logprobs.data.slice(row * size, (row + 1) * size)];
      expect(maxDifference(found, logprobs?.data ?? [])).toBeLessThan(1e-5);
      expect(Math.log(found.reduce((sum, value) => sum + Math.exp(value), 0))).toBeCloseTo(0, 5);
      expect([stepped.best.data[row], best?.data[0]]).toEqual(
        new Array(2).fill(found.indexOf(Math.max(...found))),
      );
      // The fourth token, as it was read, at its place in the cache.
      for (const [name, { data }] of Object.entries(entries)) {
        const kept = stepped.cache[name]?.data ?? new Float32Array();
        const place = (row * capacity + (has ? prefix : 0) + 3) * width;
        expect(
          maxDifference(kept.slice(place, place + width), data.slice(3 * width, 4 * width)),
          name,
        ).toBeLessThan(1e-5);
      }
    }
    await programs.dispose();
  });

  it('what lies behind a row changes nothing, what lies before it does', async () => {
    const programs = createDecodingPrograms(model, {});
    const plain = await decoded(programs);
    const behind = await decoded(programs, ([keys]) =>
      keys?.fill(99, (capacity - 1) * width, capacity * width),
    );
    expect(behind.logprobs).toEqual(plain.logprobs);
    const before = await decoded(programs, ([keys]) => keys?.fill(99, 0, 1));
    expect(before.logprobs).not.toEqual(plain.logprobs);
    await programs.dispose();
  });
});
