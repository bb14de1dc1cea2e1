import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generalizedAdvantages } from './generalized-advantages.js';

test('by hand: four tokens, gamma 0.9, lambda 0.5', () => {
  // t  r   V    V_next  delta = r + 0.9 V_next - V   A = delta + 0.45 A_next
  // 3  2   1    0        1                            1
  // 2  0   0.5  1        0.4                          0.4 + 0.45          = 0.85
  // 1  -1  2    0.5     -2.55                        -2.55 + 0.3825       = -2.1675
  // 0  0   1    2        0.8                          0.8 - 0.975375      = -0.175375
  const { advantages, returns } = generalizedAdvantages(
    { rewards: [0, -1, 0, 2], values: [1, 2, 0.5, 1] },
    { gamma: 0.9, lambda: 0.5 },
  );
  [-0.175375, -2.1675, 0.85, 1].forEach((wanted, t) => expect(advantages[t]).toBeCloseTo(wanted, 6));
  [0.824625, -0.1675, 1.35, 2].forEach((wanted, t) => expect(returns[t]).toBeCloseTo(wanted, 6));
});

test('lambda 1: the return less the value; lambda 0: one step', () => {
  const number = fc.double({ min: -2, max: 2, noNaN: true });
  const pairs = fc.array(fc.tuple(number, number), { maxLength: 12 });
  fc.assert(
    fc.property(pairs, fc.double({ min: 0, max: 1, noNaN: true }), (tokens, gamma) => {
      const rewards = tokens.map(([r]) => r);
      const values = tokens.map(([, v]) => v);
      const long = generalizedAdvantages({ rewards, values }, { gamma, lambda: 1 });
      const short = generalizedAdvantages({ rewards, values }, { gamma, lambda: 0 });
      tokens.forEach(([reward, value], t) => {
        const future = rewards.slice(t).reduce((sum, r, k) => sum + gamma ** k * r, 0);
        expect(long.returns[t]).toBeCloseTo(future, 4);
        expect(short.advantages[t]).toBeCloseTo(reward + gamma * (values[t + 1] ?? 0) - value, 4);
      });
    }),
  );
});

test('errors', () => {
  expect(() => generalizedAdvantages({ rewards: [1], values: [] })).toThrow('got 0 values and 1 rewards');
  expect(() => generalizedAdvantages({ rewards: [], values: [] }, { lambda: 2 })).toThrow(
    'expected lambda in 0..1, got 2',
  );
});
