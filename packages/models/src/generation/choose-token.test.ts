import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../test-support.js';
import { chooseToken, type TokenScores } from './choose-token.js';

const scoresOf = (values: readonly number[]): TokenScores => {
  const total = Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));
  return { logprobs: values.map((value) => value - total), best: values.indexOf(Math.max(...values)) };
};
const logits = scoresOf([Math.log(1), Math.log(2), Math.log(5), Math.log(2)]);
const all = () => true;
const greedy = { temperature: 0 };

describe('chooseToken', () => {
  it('is greedy at temperature 0 and gives log-probabilities over all tokens', () => {
    expect(chooseToken(logits, all, greedy, () => 0).token).toBe(2);
    expect(chooseToken(logits, all, greedy, () => 0).logprob).toBeCloseTo(Math.log(0.5), 6);
    const without = chooseToken(
      logits,
      (token) => token !== 2,
      greedy,
      () => 0,
    );
    expect(without.token).toBe(1);
    expect(without.logprob).toBeCloseTo(Math.log(0.2), 6);
  });

  it('samples in proportion', () => {
    const uniform = uniforms(1);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const { token } = chooseToken(logits, all, { temperature: 1 }, uniform);
      counts[token] = (counts[token] ?? 0) + 1;
    }
    for (const [token, share] of [0.1, 0.2, 0.5, 0.2].entries()) {
      expect(Math.abs((counts[token] ?? 0) / 20_000 - share)).toBeLessThan(0.015);
    }
    // Temperature 1/2 squares the odds: 1, 4, 25, 4 of 34.
    const cold = Array.from(
      { length: 20_000 },
      () => chooseToken(logits, all, { temperature: 0.5 }, uniform).token,
    );
    expect(Math.abs(cold.filter((token) => token === 2).length / 20_000 - 25 / 34)).toBeLessThan(0.015);
  });

  it('samples from the largest logits, and of these from the most probable: as sorting all of them says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -40, max: 8 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 45 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.constantFrom(0.3, 1, 2.5),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (values, topK, topP, temperature, at) => {
          const isAllowed = (token: number) => token % 5 !== 2 || values.length < 4;
          const sorted = values
            .map((value, token) => ({ token, mass: Math.exp(value / temperature) }))
            .filter(({ token }) => isAllowed(token))
            .sort((a, b) => b.mass - a.mass)
            .slice(0, topK);
          const all = sorted.reduce((sum, { mass }) => sum + mass, 0);
          let before = 0;
          const kept = sorted.filter(({ mass }) => {
            const isKept = before < topP * all * (1 - 1e-12);
            before += mass;
            return isKept;
          });
          const { token } = chooseToken(scoresOf(values), isAllowed, { temperature, topK, topP }, () => at);
          expect(kept.map((each) => each.token)).toContain(token);
          // Each of them can be chosen: a uniform in the middle of its share.
          const inOrder = [...kept].sort((a, b) => a.token - b.token);
          const total = kept.reduce((sum, { mass }) => sum + mass, 0);
          let start = 0;
          for (const { token: wanted, mass } of inOrder) {
            const middle = (start + mass / 2) / total;
            start += mass;
            if (mass / total < 1e-9) continue;
            expect(
              chooseToken(scoresOf(values), isAllowed, { temperature, topK, topP }, () => middle).token,
            ).toBe(wanted);
          }
        },
      ),
    );
  });

  it('refuses NaN and logits without a finite entry that is allowed', () => {
    expect(() => chooseToken(scoresOf([Number.NaN, Number.NaN]), all, greedy, () => 0)).toThrow(
      /expected numbers as logits/,
    );
    expect(() =>
      chooseToken(
        scoresOf([1, 2]),
        () => false,
        greedy,
        () => 0,
      ),
    ).toThrow(/expected numbers as logits/);
  });
});
