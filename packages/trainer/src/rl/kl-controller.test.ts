import { expect, test } from 'vitest';
import { nextKlCoefficient } from './kl-controller.js';

test.each([
  // kl, tokens, wanted: at the target it stays, beyond a fifth of relative error it moves no faster
  [0.05, 5000, 0.1],
  [0.055, 5000, 0.1 * (1 + 0.1 * 0.5)],
  [5, 5000, 0.1 * 1.1],
  [0, 5000, 0.1 * 0.9],
  // A large iteration counts as one of the horizon's tokens: the coefficient never falls to 0 or below.
  [0, 10_000, 0.1 * 0.8],
  [0, 1_000_000, 0.1 * 0.8],
  [1, 1_000_000, 0.1 * 1.2],
])('KL %d over %d tokens', (kl, tokens, wanted) => {
  expect(nextKlCoefficient(0.1, kl, tokens, { target: 0.05 })).toBeCloseTo(wanted, 12);
});

test('the horizon is what the options say', () => {
  expect(nextKlCoefficient(1, 1, 50, { target: 0.1, horizon: 100 })).toBeCloseTo(1.1, 12);
});
