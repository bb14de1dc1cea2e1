import { expect, test } from 'vitest';
import { tokenRewards } from './token-rewards.js';

test('by hand: each token pays for its drift, the last of a round earns what the round mended', () => {
  // Two rounds of two and one tokens; R goes from -0.5 to 1.
  const rewards = tokenRewards({ scores: [-0.5, 1], logRatios: [[1, -2], [0.5]], klCoefficient: 0.1 });
  [-0.1, 0.2 - 0.5, -0.05 + 1.5].forEach((wanted, t) => expect(rewards[t]).toBeCloseTo(wanted, 6));
});

test('without a penalty the sum is the last R', () => {
  const rewards = tokenRewards({
    scores: [0.2, -1, 0.6],
    logRatios: [[9], [9, 9], [9, 9, 9]],
    klCoefficient: 0,
  });
  expect(rewards.reduce((a, b) => a + b)).toBeCloseTo(0.6, 6);
});

test('with a discount over rounds the sum is a mean of all R, the first of which counts most', () => {
  const [scores, delta] = [[-1, 0.5, 1], 0.6];
  const rewards = tokenRewards({
    scores,
    logRatios: [[0, 0], [0], [0]],
    klCoefficient: 0,
    roundDiscount: delta,
  });
  [0, -1, 0.6 * 1.5, 0.36 * 0.5].forEach((wanted, t) => expect(rewards[t]).toBeCloseTo(wanted, 6));
  const mean = (1 - delta) * (-1 + delta * 0.5) + delta ** 2;
  expect(rewards.reduce((a, b) => a + b)).toBeCloseTo(mean, 6);
});

test('by hand: claims earn where they end, the last token what is left of R, the first pays for the round before', () => {
  const rewards = tokenRewards({
    scores: [-0.5, 0.5],
    claims: [
      undefined,
      [
        { token: 1, reward: 0.25 },
        { token: 3, reward: -0.25 },
        { token: 3, reward: 0.25 },
      ],
    ],
    logRatios: [
      [0, 0],
      [0, 0, 0, 0],
    ],
    klCoefficient: 0,
    roundDiscount: 0.5,
  });
  const wanted = [0, -0.5, 0.25, 0.125, 0, 0.125];
  wanted.forEach((reward, token) => expect(rewards[token]).toBeCloseTo(reward, 6));
  expect(rewards).toHaveLength(wanted.length);
  // The same as without claims in all: -0.5 + 0.5 (0.5 + 0.5).
  expect(rewards.reduce((a, b) => a + b)).toBeCloseTo(0, 6);
});

test('a round without tokens or without a score is refused', () => {
  expect(() => tokenRewards({ scores: [1], logRatios: [[0], [0]], klCoefficient: 0 })).toThrow(
    'expected a score for each of 2 rounds, got 1',
  );
  expect(() => tokenRewards({ scores: [1, -1], logRatios: [[], [0]], klCoefficient: 0 })).toThrow(
    'got none in round 0',
  );
});

test.each([
  ['as many lists of claims as rounds', [[], []], 'expected the claims of each of 1 rounds, got 2'],
  ['claims of its own tokens', [[{ token: 2, reward: 1 }]], 'one of 2 tokens in round 0, got token 2'],
  ['whole tokens', [[{ token: 0.5, reward: 1 }]], 'got token 0.5'],
])('asks for %s', (_, claims, message) => {
  expect(() => tokenRewards({ scores: [1], claims, logRatios: [[0, 0]], klCoefficient: 0 })).toThrow(message);
});
