import { float32Input } from '@fgam/data';
import { expect, test } from 'vitest';
import { paysDrafts } from './open-answerer.js';

test('large models are given drafts of revisions and feedback, small ones and those in 8 bits are not', () => {
  const weightsOf = (size: number) => ({ w: float32Input([size]) });
  expect(paysDrafts({ weights: weightsOf(2_000_000) })).toBe(false);
  expect(paysDrafts({ weights: weightsOf(20_000_000) })).toBe(true);
  expect(paysDrafts({ weights: weightsOf(20_000_000), quantized: {} })).toBe(false);
});
