import { expect, it } from 'vitest';
import { parseDecimal } from './parse-decimal.js';

it.each([
  ['1', 1],
  ['-0.5', -0.5],
  ['.25', 0.25],
  ['3.', 3],
  ['1e-3', 0.001],
  ['nan', Number.NaN],
  ['-inf', -Infinity],
  ['Infinity', Infinity],
  ['', undefined],
  ['0x10', undefined],
  ['1,5', undefined],
  ['one', undefined],
  ['1 2', undefined],
])('parseDecimal(%j) is %s', (text, value) => {
  expect(parseDecimal(text)).toEqual(value);
});
