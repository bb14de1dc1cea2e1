import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groundedDetections, type GroundingOutput } from './grounded-detections.js';

// [CLS] a cat . remote control . [SEP], then a column without token.
const spans = [
  { label: 'a cat', start: 1, end: 3 },
  { label: 'remote control', start: 4, end: 6 },
];
const LOW = -9;

function output(rows: readonly (readonly number[])[], boxes?: readonly number[]): GroundingOutput {
  return {
    logits: Float32Array.from(rows.flatMap((row) => [...row, -Infinity])),
    boxes: Float32Array.from(boxes ?? rows.flatMap(() => [0.5, 0.5, 0.5, 0.25])),
    queries: rows.length,
    columns: 9,
  };
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
const at = (box: number, text: number) => ({ box, text });
const row = (tokens: Readonly<Record<number, number>>) =>
  Array.from({ length: 8 }, (_, i) => tokens[i] ?? LOW);

describe('groundedDetections', () => {
  it('scores a query by the largest probability of its phrase', () => {
    const [found, ...others] = groundedDetections(
      output([row({ 1: 0.5, 2: 1 }), row({})]),
      spans,
      at(0.3, 0.3),
    );
    expect(others).toEqual([]);
    expect(found?.label).toBe('a cat');
    expect(found?.score).toBeCloseTo(sigmoid(1), 6);
    expect(found?.box).toEqual({ x0: 0.25, y0: 0.375, x1: 0.75, y1: 0.625 });
  });

  it('keeps scores above the threshold only: 0.5 is not above 0.5', () => {
    const half = output([row({ 2: 0 })]);
    expect(groundedDetections(half, spans, at(0.5, 0.1))).toEqual([]);
    expect(groundedDetections(half, spans, at(0.499, 0.5))).toEqual([]);
    expect(groundedDetections(half, spans, at(0.499, 0.499))).toHaveLength(1);
  });

  it('names the whole phrase for a part of it, the surer phrase for two', () => {
    const found = groundedDetections(
      output([row({ 5: 1 }), row({ 2: 1, 4: 2 }), row({ 2: 2, 4: 1 })]),
      spans,
      at(0.3, 0.3),
    );
    expect(found.map(({ label }) => label)).toEqual(['remote control', 'remote control', 'a cat']);
  });

  it('takes the box threshold on all tokens, and drops labels of special tokens and stops alone', () => {
    // Only [CLS] and a full stop respond.
    expect(groundedDetections(output([row({ 0: 3 }), row({ 3: 3 })]), spans, at(0.3, 0.3))).toEqual([]);
    // [CLS] lifts the query over the box threshold, a phrase's token is over the text threshold:
    // kept, with its own score.
    const [found] = groundedDetections(output([row({ 0: 3, 2: 0 })]), spans, at(0.9, 0.3));
    expect(found).toMatchObject({ label: 'a cat', score: 0.5 });
  });

  it('clips boxes to the image and leaves out those without area', () => {
    const rows = [row({ 2: 1 }), row({ 2: 1 }), row({ 2: 1 })];
    const boxes = [0, 0.5, 0.5, 1, 0.5, 0.5, 0, 0.5, 1.25, 0.5, 0.5, 0.5];
    expect(groundedDetections(output(rows, boxes), spans, at(0.3, 0.3)).map(({ box }) => box)).toEqual([
      { x0: 0, y0: 0, x1: 0.25, y1: 1 },
    ]);
  });

  it('keeps and names what transformers keeps and names, wherever that names one phrase', () => {
    // post_process_grounded_object_detection: scores = max of all probabilities; label = tokens above the
    // text threshold, but for the first and the last column.
    const official = (logits: readonly number[], { box, text }: ReturnType<typeof at>) =>
      sigmoid(Math.max(...logits)) > box
        ? logits.flatMap((logit, i) => (i > 0 && i < logits.length && sigmoid(logit) > text ? [i] : []))
        : undefined;
    const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });
    const logits = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(logits, share, share, (values, box, text) => {
        const rounded = [...Float32Array.from(values)];
        const [found] = groundedDetections(output([rounded]), spans, at(box, text));
        const tokens = official(rounded, at(box, text));
        const named = spans.filter(({ start, end }) =>
          tokens?.some((token) => token >= start && token < end),
        );
        if (named.length === 0) expect(found).toBeUndefined();
        else expect(named.map(({ label }) => label)).toContain(found?.label);
      }),
    );
  });

  it('refuses NaN', () => {
    const bad = expect.objectContaining({ code: 'label/bad-output' }) as Error;
    expect(() => groundedDetections(output([row({ 2: NaN })]), spans, at(0.3, 0.3))).toThrow(bad);
    expect(() => groundedDetections(output([row({ 2: 1 })], [NaN, 0, 1, 1]), spans, at(0.3, 0.3))).toThrow(
      bad,
    );
  });
});
