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

  /** Prefill of the first `count` of each row's four tokens. */
  function prefill(programs: DecodingPrograms, count: number) {
    const every = <T>(of: (row: number, at: number) => T): T[] =>
      Array.from({ length: batch * count }, (_, i) => of(Math.floor(i / count), i % count));
    return programs.prefill({
      ids: ints(
        [batch, count],
        every((row, at) => tokens[4 * row + at] as number),
      ),
      positions: ints(
        [batch, count],
        every((row, at) => (hasImage[row] ? prefix : 0) + at),
      ),
      pick: floats(
        [batch, count],
        every((_, at) => Number(at === count - 1)),
      ),
      hasImage: floats([batch], hasImage),
      ...images.tensors,
    });
  }

  /** Logits after a prefill of three tokens and a step of one, and the cache after it. */
  async function decoded(
    programs: DecodingPrograms,
    change: (data: Float32Array[]) => void = () => undefined,
  ) {
    const { logits, ...entries } = await prefill(programs, 3);
    const cache = createKeyValueCache(config, batch, capacity);
    for (let row = 0; row < batch; row++) {
      const start = hasImage[row] ? prefix : 0;
      cache.write(row, 0, start, { tensors: images.tensors, row });
      cache.write(row, start, 3, { tensors: entries, row });
    }
    change(Object.values(cache.tensors).map(({ data }) => data));
    const results = { logits: floats(logits?.shape ?? [], [...(logits?.data ?? [])]), ...cache.tensors };
    const ids = ints([batch], [7, 11, 15]);
    const lengths = ints(
      [batch],
      hasImage.map((has) => (has ? prefix : 0) + 3),
    );
    await programs.decodeStep({ ids, lengths, ...cache.tensors }, results);
    return { logits: results.logits, cache: cache.tensors };
  }

  it.each<[string, DecodingLimits]>([
    ['weights as constants, one thread', { constantBytes: 1e9, oneThreadProducts: 1e9 }],
    ['weights as constants, all threads', { constantBytes: 1e9, oneThreadProducts: 0 }],
    ['weights as inputs, one thread', { constantBytes: 0, oneThreadProducts: 1e9 }],
    ['weights as inputs, all threads', { constantBytes: 0, oneThreadProducts: 0 }],
  ])('a step goes on where a prefill ended: %s', async (_, limits) => {
    const programs = createDecodingPrograms(model, {}, limits);
    const { logits, ...entries } = await prefill(programs, 4);
    const stepped = await decoded(programs);
    await programs.dispose();
    expect(stepped.logits.shape).toEqual(logits?.shape);
    expect(maxDifference(stepped.logits.data, logits?.data ?? [])).toBeLessThan(1e-5);
    // The fourth token of each row, as the prefill made it, at its place in the cache.
    for (const [name, { data }] of Object.entries(entries)) {
      const kept = stepped.cache[name]?.data ?? new Float32Array();
      for (const [row, has] of hasImage.entries()) {
        const place = (row * capacity + (has ? prefix : 0) + 3) * width;
        const entry = data.slice((4 * row + 3) * width, (4 * row + 4) * width);
        expect(maxDifference(kept.slice(place, place + width), entry), name).toBeLessThan(1e-5);
      }
    }
  });

  it('what lies behind a row changes nothing, what lies before it does', async () => {
    const programs = createDecodingPrograms(model, {});
    const plain = await decoded(programs);
    const behind = await decoded(programs, ([keys]) =>
      keys?.fill(99, (capacity - 1) * width, capacity * width),
    );
    expect(behind.logits).toEqual(plain.logits);
    const before = await decoded(programs, ([keys]) => keys?.fill(99, 0, 1));
    expect(before.logits).not.toEqual(plain.logits);
    await programs.dispose();
  });
});
