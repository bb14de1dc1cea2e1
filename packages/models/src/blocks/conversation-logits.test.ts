import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompactOverrides } from '../compact-config.js';
import { maxDifference, microConfig, randomTensor, randomWeights, rows, toTensors } from '../test-support.js';
import { conversationHidden, conversationLogits } from './conversation-logits.js';
import { languageModel, tokenEmbeddings, tokenLogits } from './language-model.js';

const variants: Record<string, CompactOverrides> = {
  'two heads': {},
  'grouped queries': { text_config: { num_attention_heads: 4, num_key_value_heads: 2 } },
  'one key head, causal prefix, untied': {
    text_config: { num_attention_heads: 2, num_key_value_heads: 1, tie_word_embeddings: false },
    fgam: { visual_prefix_bidirectional: false, connector_merge: 2 },
  },
};

describe.each(Object.entries(variants))('conversationLogits, %s', (_, overrides) => {
  const config = microConfig(overrides);
  const weights = toTensors(randomWeights(config, 3));
  const pixels = randomTensor([1, 8, 8, 3], 5);
  const vocabulary = config.text_config.vocab_size;
  // Two segments of 3 tokens, padding, a segment of 2 tokens, padding: blocks of 4.
  const packed = {
    inputIds: [41, 42, 43, 0, 44, 45, 46, 0, 47, 48, 0, 0],
    segmentIds: [1, 1, 1, 0, 2, 2, 2, 0, 3, 3, 0, 0],
    positions: [0, 1, 2, 0, 0, 1, 2, 0, 0, 1, 0, 1],
  };
  const run = (row: typeof packed, blockLength?: number) => {
    const inputs = {
      pixels,
      inputIds: rows([row.inputIds]),
      segmentIds: rows([row.segmentIds]),
      positions: rows([row.positions]),
    };
    const options = blockLength === undefined ? {} : { blockLength };
    const logits = conversationLogits(weights, config, inputs, options);
    expect(logits.shape).toEqual([1, row.inputIds.length, vocabulary]);
    return logits.dataSync();
  };
  const entries = (data: ArrayLike<number>, from: number, to: number) =>
    Array.from(data).slice(from * vocabulary, to * vocabulary);

  it('gives each segment the logits of the conversation alone', () => {
    const whole = run(packed);
    for (const [from, to] of [
      [0, 3],
      [4, 7],
      [8, 10],
    ] as const) {
      const ids = packed.inputIds.slice(from, to);
      const alone = run({ inputIds: ids, segmentIds: ids.map(() => 1), positions: ids.map((_, i) => i) });
      expect(maxDifference(entries(whole, from, to), alone)).toBeLessThan(1e-5);
    }
  });

  it('reads texts without an image as the language model alone does, in blocks too', () => {
    const hidden = (row: typeof packed, blockLength: number) =>
      conversationHidden(
        weights,
        config,
        undefined,
        {
          inputIds: rows([row.inputIds]),
          segmentIds: rows([row.segmentIds]),
          positions: rows([row.positions]),
        },
        { blockLength },
      );
    for (const blockLength of [4, 12]) {
      const whole = tokenLogits(weights, config, hidden(packed, blockLength)).dataSync();
      for (const [from, to] of [
        [0, 3],
        [4, 7],
        [8, 10],
      ] as const) {
        const ids = packed.inputIds.slice(from, to);
        const read = languageModel(weights, config, {
          embeddings: tokenEmbeddings(weights, rows([ids])),
          positions: rows([ids.map((_unused, i) => i)]),
        });
        const alone = tokenLogits(weights, config, read);
        expect(maxDifference(entries(whole, from, to), alone.dataSync())).toBeLessThan(1e-5);
      }
    }
  });

  it('gives the same logits in blocks', () => {
    const [whole, blocks] = [run(packed), run(packed, 4)];
    for (const [from, to] of [
      [0, 3],
      [4, 7],
      [8, 10],
    ] as const) {
      expect(maxDifference(entries(whole, from, to), entries(blocks, from, to))).toBeLessThan(1e-5);
    }
  });

  it('packs any segments in any order without changing them', () => {
    const segment = fc.array(fc.integer({ min: 40, max: 59 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const flat = (value: (id: number, place: number, order: number) => number) =>
          segments.flatMap((ids, order) => ids.map((id, place) => value(id, place, order)));
        const whole = run({
          inputIds: flat((id) => id),
          segmentIds: flat((_id, _place, order) => 1 + order),
          positions: flat((_id, place) => place),
        });
        let from = 0;
        for (const ids of segments) {
          const alone = run({
            inputIds: ids,
            segmentIds: ids.map(() => 1),
            positions: ids.map((_id, i) => i),
          });
          expect(maxDifference(entries(whole, from, from + ids.length), alone)).toBeLessThan(1e-5);
          from += ids.length;
        }
      }),
      { numRuns: 8 },
    );
  });

  it('lets no token change an earlier one, nor another segment', () => {
    const before = run(packed);
    const after = run({ ...packed, inputIds: packed.inputIds.with(5, 50) });
    expect(maxDifference(entries(before, 0, 5), entries(after, 0, 5))).toBe(0);
    expect(maxDifference(entries(before, 5, 7), entries(after, 5, 7))).toBeGreaterThan(1e-4);
    expect(maxDifference(entries(before, 8, 10), entries(after, 8, 10))).toBe(0);
  });

  it('does not change with padding', () => {
    const before = run(packed);
    const longer = {
      inputIds: [...packed.inputIds, 0, 0],
      segmentIds: [...packed.segmentIds, 0, 0],
      positions: [...packed.positions, 0, 1],
    };
    expect(maxDifference(entries(before, 0, 10), entries(run(longer), 0, 10))).toBeLessThan(1e-6);
    expect(run(longer).every(Number.isFinite)).toBe(true);
  });

  it('looks at the image', () => {
    const other = conversationLogits(weights, config, {
      pixels: randomTensor([1, 8, 8, 3], 6),
      inputIds: rows([packed.inputIds]),
      segmentIds: rows([packed.segmentIds]),
      positions: rows([packed.positions]),
    });
    expect(maxDifference(other.dataSync(), run(packed))).toBeGreaterThan(1e-3);
  });

  it('keeps images of a batch apart and frees what it made', () => {
    const two = tf.concat([pixels, randomTensor([1, 8, 8, 3], 6)], 0);
    const twice = (row: number[]) => rows([row, row]);
    const inputs = {
      pixels: two,
      inputIds: twice(packed.inputIds),
      segmentIds: twice(packed.segmentIds),
      positions: twice(packed.positions),
    };
    const before = tf.memory().numTensors;
    const both = tf.tidy(() => conversationLogits(weights, config, inputs));
    expect(tf.memory().numTensors).toBe(before + 1);
    const data = both.dataSync();
    expect(maxDifference(data.slice(0, data.length / 2), run(packed))).toBeLessThan(1e-5);
  });
});

it('conversationLogits refuses blocks that do not fit and rows of other lengths', () => {
  const config = microConfig();
  const weights = toTensors(randomWeights(config, 3));
  const ids = rows([[41, 42, 43]]);
  const inputs = { pixels: randomTensor([1, 8, 8, 3], 5), inputIds: ids, segmentIds: ids, positions: ids };
  expect(() => conversationLogits(weights, config, inputs, { blockLength: 2 })).toThrow(
    /blockLength to divide 3/,
  );
  expect(() => conversationLogits(weights, config, { ...inputs, positions: rows([[0, 1]]) })).toThrow(
    /positions: expected shape \[1, 3\], got \[1, 2\]/,
  );
});
