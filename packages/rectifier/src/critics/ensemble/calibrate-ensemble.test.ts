import type { Critic, Feedback } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrateEnsemble } from './calibrate-ensemble.js';
import { createEnsembleCritic } from './ensemble-critic.js';
import { reliability } from './reliability.js';

/** Holds a response right with the probability that its text has at a place. */
const reading = (name: string, place: number): Critic => ({
  name,
  critique: async (requests) =>
    requests.map(
      ({ response }): Feedback => ({ verdict: 'accept', confidence: Number(response.split(' ')[place]) }),
    ),
});
const ask = (response: string) => ({ image: 'i', question: 'q', response });
const members = [
  { critic: reading('a', 0), weight: 3 },
  { critic: reading('b', 1), weight: 1 },
];

describe('calibrateEnsemble', () => {
  // S = (3 a + b) / 4: 0.2, 0.4, 0.55, 0.8
  const examples = ['0 0.8', '0.4 0.4', '0.6 0.4', '0.9 0.5'].map((response, i) => ({
    request: ask(response),
    isRight: i >= 2,
  }));

  it('lies between right and wrong ones, and is what the critic goes by', async () => {
    const {
      threshold,
      youden,
      scores,
      reliability: found,
    } = await calibrateEnsemble(members, examples, { bins: 2 });
    expect(scores.map((score) => score.toFixed(3))).toEqual(['0.200', '0.400', '0.550', '0.800']);
    expect(threshold).toBeCloseTo(0.475, 12);
    expect(youden).toBe(1);
    expect(found.bins.map(({ count, right }) => [count, right])).toEqual([
      [2, 0],
      [2, 1],
    ]);
    const critic = createEnsembleCritic(members, { threshold });
    const verdicts = await critic.critique(examples.map(({ request }) => request));
    expect(verdicts.map(({ verdict }) => verdict === 'accept')).toEqual(
      examples.map(({ isRight }) => isRight),
    );
  });

  it('wants both kinds of examples, members and no signal that is aborted', async () => {
    await expect(calibrateEnsemble(members, examples.slice(2))).rejects.toThrow(/both classes/);
    await expect(calibrateEnsemble([], examples)).rejects.toThrow(/at least one critic/);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(calibrateEnsemble(members, examples, { signal })).rejects.toThrow('enough');
  });
});

describe('reliability', () => {
  const share = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000);
  const drawn = fc.array(fc.record({ score: share, isRight: fc.boolean() }), { minLength: 1 });

  it('holds each example in one bin, whose mean lies in it', () => {
    fc.assert(
      fc.property(drawn, fc.integer({ min: 1, max: 12 }), (examples, count) => {
        const { bins, error, brier } = reliability(
          examples.map(({ score }) => score),
          examples.map(({ isRight }) => isRight),
          count,
        );
        expect(bins).toHaveLength(count);
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(examples.length);
        for (const { low, high, score, right } of bins) {
          expect(score).toBeGreaterThanOrEqual(low - 1e-9);
          expect(score).toBeLessThanOrEqual(high + 1e-9);
          if (right !== undefined) expect(right >= 0 && right <= 1).toBe(true);
        }
        expect(error).toBeLessThanOrEqual(1);
        // Jensen: the mean of squares is no less than the square of the mean in each bin.
        expect(brier).toBeGreaterThanOrEqual(error ** 2 - 1e-9);
      }),
    );
  });

  it('is perfect where scores are what happens', () => {
    expect(reliability([0, 1, 1], [false, true, true])).toMatchObject({ error: 0, brier: 0 });
    expect(reliability([0.5, 0.5], [true, false], 3)).toMatchObject({ error: 0, brier: 0.25 });
  });

  it.each([
    [[], [], 2],
    [[0.1], [true, false], 2],
    [[1.1], [true], 2],
    [[0.1], [true], 0],
  ])('refuses %j, %j, %j', (scores, labels, count) => {
    expect(() => reliability(scores, labels, count)).toThrow(/expected scores of 0\.\.1/);
  });
});
