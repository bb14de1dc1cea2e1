import type { Answerer, Critic } from '@fgam/data';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { rectify } from './rectify.js';
import type { AdaptiveRounds } from './rectify-options.js';
import { replayTrajectory } from './replay-trajectory.js';

/** A new response each time: `0`, `1`, `2`... */
const answerer: Answerer = {
  name: 'counting',
  answer: async (requests) =>
    requests.map(({ revision }) => ({
      text: String(revision === undefined ? 0 : Number(revision.response) + 1),
    })),
};
/** Refuses every response, as surely as the question says of each. */
const critic: Critic = {
  name: 'refusing',
  critique: async (requests) =>
    requests.map(({ question, response }) => {
      const confidence = (JSON.parse(question) as (number | null)[])[Number(response)] ?? undefined;
      const feedback = parseFeedback('object : look', { response });
      return confidence === undefined ? feedback : { ...feedback, confidence };
    }),
};
const revisionsOf = async (rounds: number | AdaptiveRounds, ...sureness: (readonly (number | null)[])[]) => {
  const requests = sureness.map((each, i) => ({ id: String(i), image: 'i', question: JSON.stringify(each) }));
  const trajectories = await rectify({ answerer, critic, requests, rounds });
  for (const trajectory of trajectories) replayTrajectory(trajectory);
  return trajectories.map(({ attempts, stop }) => {
    expect(stop).toBe('max-rounds');
    return attempts.length - 1;
  });
};

it('revises further while the critic is sure of its refusal', async () => {
  const rounds = { most: 4, confidence: 0.8 };
  expect(
    await revisionsOf(
      rounds,
      [0.9, 0.9, 0.8, 0.9, 0.9],
      [0.9, 0.7, 0.9],
      [0.7],
      [null, 0.9],
      [0.8, 0.8, 0.1],
    ),
  ).toEqual([4, 1, 0, 0, 2]);
});

it('revises so often in any case', async () => {
  const rounds = { least: 2, most: 3, confidence: 0.8 };
  expect(await revisionsOf(rounds, [0.1, 0.1, 0.1], [null, null, null], [0.1, 0.1, 0.9, 0.9])).toEqual([
    2, 2, 3,
  ]);
});

it('takes no confidence for none at all', async () => {
  expect(await revisionsOf({ most: 2, confidence: 0 }, [null, null, null], [0, 0, 0])).toEqual([0, 2]);
});

it('is a number of rounds where least and most are one', async () => {
  const share = fc.option(fc.integer({ min: 0, max: 10 }).map((n) => n / 10));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(3),
      fc.array(share, { minLength: 5, maxLength: 5 }),
      share,
      async (most, sureness, confidence) => {
        const rounds = { least: most, most, confidence: confidence ?? 0.5 };
        expect(await revisionsOf(rounds, sureness)).toEqual([most]);
        expect(await revisionsOf(most, sureness)).toEqual([most]);
      },
    ),
    { numRuns: 50 },
  );
});

it('refuses rounds that are none', async () => {
  const rounds = { least: 3, most: 2, confidence: 2 };
  await expect(rectify({ answerer, critic, requests: [], rounds })).rejects.toThrow(
    /rounds\.least: .* of 2, got 3; rounds\.confidence: expected 0 to 1, got 2/,
  );
});
