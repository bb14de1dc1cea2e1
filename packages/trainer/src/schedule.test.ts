import { describe, expect, test } from 'vitest';
import { learningRateAt } from './schedule.js';

describe('learningRateAt', () => {
  const schedule = { learningRate: 2, warmup: 4, hold: 6, floor: 0.1 };
  const rates = Array.from({ length: 20 }, (_, i) => learningRateAt(schedule, i + 1, 20));

  test('rises to the highest rate, stays, and falls as a cosine to the floor', () => {
    expect(rates.slice(0, 4)).toEqual([0.5, 1, 1.5, 2]);
    expect(rates.slice(4, 10)).toEqual(Array(6).fill(2));
    // Half of the decay: between the highest rate and the floor.
    expect(rates[14]).toBeCloseTo(1.1, 12);
    expect(rates[19]).toBeCloseTo(0.2, 12);
    rates.slice(10).forEach((rate, i) => expect(rate).toBeLessThan(rates[9 + i] ?? Number.NaN));
  });

  test('held for no update, is the cosine of one that says nothing of it', () => {
    const plain = { learningRate: 2, warmup: 4, floor: 0.1 };
    for (const step of [1, 5, 13, 20])
      expect(learningRateAt({ ...plain, hold: 0 }, step, 20)).toBe(learningRateAt(plain, step, 20));
  });

  test('held to the end and beyond, never falls', () => {
    for (const hold of [16, 40]) expect(learningRateAt({ ...schedule, hold }, 20, 20)).toBe(2);
  });

  test.each([
    ['warmup', -1],
    ['hold', -1],
    ['hold', Number.NaN],
    ['floor', 1.1],
    ['learningRate', 0],
  ])('refuses a %s of %s', (name, value) => {
    expect(() => learningRateAt({ ...schedule, [name]: value }, 1, 20)).toThrow(
      expect.objectContaining({ code: 'trainer/bad-config' }),
    );
  });
});
