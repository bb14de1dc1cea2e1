import { describe, expect, it } from 'vitest';
import { uniforms } from '../test-support.js';
import { chooseToken } from './choose-token.js';

const logits = [Math.log(1), Math.log(2), Math.log(5), Math.log(2)];
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

  it('refuses NaN and logits without a finite entry that is allowed', () => {
    expect(() => chooseToken([Number.NaN, Number.NaN], all, greedy, () => 0)).toThrow(
      /expected numbers as logits/,
    );
    expect(() =>
      chooseToken(
        [1, 2],
        () => false,
        greedy,
        () => 0,
      ),
    ).toThrow(/expected numbers as logits/);
  });
});
