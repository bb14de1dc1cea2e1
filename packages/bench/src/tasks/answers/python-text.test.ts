import { expect, it } from 'vitest';
import { splitWords, stripText } from './python-text.js';

it('takes off what Python takes for white space, and no more', () => {
  expect(stripText('\t\u001c \u00a0a b\u2003\n')).toBe('a b');
  expect(stripText('\ufeffa')).toBe('\ufeffa');
  expect([stripText(''), stripText(' \n')]).toEqual(['', '']);
  expect(splitWords('\u001fa \u2029 b\u0085')).toEqual(['a', 'b']);
});

it('reads a text of any length at once', () => {
  // Hours, where each blank were looked at from each other one.
  const long = `a${' '.repeat(1_000_000)}b`;
  expect(stripText(` ${long} `)).toBe(long);
  expect(splitWords(long)).toEqual(['a', 'b']);
});
