import { expect, test } from 'vitest';
import { groupAdvantages } from './group-advantages.js';

test('by hand: each against its own question', () => {
  // a: 1, 0, 0, 1: mean 1/2, spread 1/2; b: 3 alone.
  const advantages = groupAdvantages([1, 3, 0, 0, 1], ['a', 'b', 'a', 'a', 'a']);
  const one = 0.5 / 0.5001;
  [one, 0, -one, -one, one].forEach((wanted, i) => expect(advantages[i]).toBeCloseTo(wanted, 6));
});

test('without the division', () => {
  expect([...groupAdvantages([4, 0], ['a', 'a'], { scale: false })]).toEqual([2, -2]);
});

test('a group that earned the same has nothing to learn; lengths must agree', () => {
  expect([...groupAdvantages([0.3, 0.3, 0.3], ['a', 'a', 'a'])].every((x) => Math.abs(x) < 1e-6)).toBe(true);
  expect(() => groupAdvantages([1], [])).toThrow('got 0 groups and 1 rewards');
});
