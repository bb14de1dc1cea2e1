import { expect, test } from 'vitest';
import { errorTypeOf } from './error-type-of.js';

test('kinds of questions have the paper’s types, others their own names', () => {
  const kinds = ['existence', 'attribute', 'spatial', 'location', 'reasoning', 'grounding', 'caption'];
  expect(kinds.map(errorTypeOf)).toEqual([
    ...['object', 'attribute', 'relation', 'relation', 'reasoning', 'grounding', 'caption'],
  ]);
  expect(errorTypeOf('constructor')).toBe('constructor');
});
