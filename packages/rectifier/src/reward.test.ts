import { expect, it } from 'vitest';
import { parseFeedback } from './feedback/parse-feedback.js';
import { reward } from './reward.js';

it('is 1 - 2 wrong / claims', () => {
  expect(reward({ verdict: 'accept' }, 3)).toBe(1);
  expect(reward(parseFeedback('object : a ; count : 2'), 4)).toBe(0);
  expect(reward(parseFeedback('object : a'), 1)).toBe(-1);
  expect(reward(parseFeedback('object : a ; object : b ; object : c'), 2)).toBe(-1);
  expect(reward({ verdict: 'revise', issues: [], text: '' }, 4)).toBe(0.5);
  expect(reward({ verdict: 'accept' }, 0)).toBe(0);
  expect(reward(parseFeedback('object : a'), 0)).toBe(0);
});
