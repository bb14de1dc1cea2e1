import { expect, test } from 'vitest';
import {
  decimal,
  decimalFromZero,
  integer,
  namesOf,
  portNumber,
  positiveDecimal,
  positiveNumber,
  wholeNumber,
} from './whole-number.js';

test.each([
  ['an integer', integer, ['-1', '0', '12'], ['', ' ', '1.5', 'x', '1e99', 'Infinity']],
  ['a whole number', wholeNumber, ['0', '12'], ['', '-1', '1.5']],
  ['a whole number from 1', positiveNumber, ['1'], ['0', '-1', '']],
  ['a port', portNumber, ['0', '65535'], ['-5', '65536', '']],
  ['a number', decimal, ['-0.5', '1e-3'], ['', 'x', 'NaN']],
  ['a number from 0', decimalFromZero, ['0', '1e-3'], ['-1', '', 'x']],
  ['a number above 0', positiveDecimal, ['1e-3'], ['0', '-1', '']],
])('%s', (_, read, good, bad) => {
  expect(good.map(read)).toEqual(good.map(Number));
  for (const text of bad) expect(() => read(text), text).toThrow('expected');
});

test('names of a list, each once', () => {
  const read = namesOf(['train', 'val']);
  expect(read('val, train')).toEqual(['val', 'train']);
  expect(() => read('val,test')).toThrow('expected some of train, val');
  expect(() => read('val,val')).toThrow('each name once');
});
