import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkJsonSize } from './json-size.js';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

it('takes 100 levels and 100,000 marks, and no more', () => {
  expect(() => checkJsonSize(nested(100))).not.toThrow();
  expect(() => checkJsonSize(nested(101))).toThrow('100 levels');
  expect(() => checkJsonSize(`[${'0,'.repeat(99_999)}0]`)).not.toThrow();
  expect(() => checkJsonSize(`[${'0,'.repeat(100_000)}0]`)).toThrow('100000 commas and brackets');
  expect(() => checkJsonSize(`[${'{},'.repeat(60_000)}{}]`)).toThrow('100000 commas and brackets');
});

it('reads no marks in strings, whatever they end in', () => {
  for (const text of ['['.repeat(200), ','.repeat(200_000), '\\'.repeat(201), '"[\\"['.repeat(200)])
    expect(() => checkJsonSize(JSON.stringify({ [text]: text, after: text }))).not.toThrow();
  expect(() => checkJsonSize(`["${'\\\\'.repeat(3)}",${nested(100)}]`)).toThrow('levels');
});

it('takes all JSON of a usual size, and ends on what is none', () => {
  fc.assert(fc.property(fc.json(), (text) => checkJsonSize(text)));
  fc.assert(fc.property(fc.string(), (text) => checkJsonSize(text)));
  for (const text of ['"', '"\\', ']]]]', '']) expect(() => checkJsonSize(text)).not.toThrow();
});
