import { createTokenizer } from '@fgam/models';
import { expect, test } from 'vitest';
import { unknownWarning, unknownWords } from './unknown-words.js';

const tokenizer = createTokenizer(['a', 'dog', 'cat']);

test('counts the texts and lists the words once', () => {
  const found = unknownWords(tokenizer, ['a dog', 'a Zebra', 'a zebra', 'a tennis racket']);
  expect(found).toEqual({ texts: 4, affected: 3, words: ['racket', 'tennis', 'zebra'] });
  expect(unknownWarning('captions', found)).toMatch(/^3 of 4 captions .*: racket, tennis, zebra$/);
});

test('has no warning where all is known, and a short one where much is not', () => {
  expect(unknownWarning('captions', unknownWords(tokenizer, ['a dog', 'a cat']))).toBeUndefined();
  const many = unknownWords(tokenizer, ['b c d e f g h i j k']);
  expect(unknownWarning('captions', many)).toMatch(/: b, c, d, e, f, g, h, i, and 2 more$/);
});
