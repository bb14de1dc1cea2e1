import * as transformers from '@huggingface/transformers';
import { expect, it } from 'vitest';
import { endCriterion } from './end-criterion.js';

it('remembers texts that have ended, whatever comes after their ends, and not their first token', () => {
  const criterion = endCriterion(transformers, new Set([2, 7]));
  const rows = [
    [2n, 5n, 2n, 5n],
    [2n, 5n, 5n, 5n],
    [2n, 7n, 1n, 1n],
  ];
  expect(criterion._call(rows as unknown as number[][], [])).toEqual([true, false, true]);
});

it('ends all where the signal is aborted', () => {
  const criterion = endCriterion(transformers, new Set([2]), AbortSignal.abort());
  expect(criterion._call([[2, 5]], [])).toEqual([true]);
});
