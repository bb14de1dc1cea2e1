import type { Answerer, Critic, RegionTextScorer } from '@fgam/data';
import { expect, it } from 'vitest';
import { createGroundedCritic } from '../critics/grounded/grounded-critic.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { pictureScenes } from '../test-support.js';
import type { DecideRequest } from './decider.js';
import { rectify } from './rectify.js';
import type { RectifyEvent } from './rectify-options.js';
import { replayTrajectory } from './replay-trajectory.js';

const requests = [{ id: '1', image: 'i', question: 'is there a cat ?' }];
/** Answers with these, one a call. */
function saying(...texts: readonly string[]): Answerer {
  let calls = 0;
  return { name: 'saying', answer: async () => [{ text: texts[calls++] ?? 'too often' }] };
}
/** Accepts what says nothing, and refuses the rest. */
const lenient: Critic = {
  name: 'lenient',
  critique: async (all) =>
    all.map(({ response }) =>
      response.trim() === ''
        ? { verdict: 'accept', confidence: 0.5 }
        : { ...parseFeedback('object : look', { response }), confidence: 0.5 },
    ),
};

it.each([
  ['of the first', ['yes', ' \n'], 'yes'],
  ['of a revision', ['yes', 'no', ''], 'no'],
])('takes a blank revision %s for none', async (_, texts, final) => {
  const events: RectifyEvent[] = [];
  const onEvent = (event: RectifyEvent): void => void events.push(event);
  const answerer = saying(...texts);
  const [trajectory] = await rectify({ answerer, critic: lenient, requests, rounds: 4, onEvent });
  expect(trajectory).toMatchObject({ stop: 'unchanged', final });
  if (trajectory === undefined) throw new Error('no trajectory');
  expect(trajectory.attempts.map(({ response }) => response)).toEqual(texts);
  // Nobody is asked about it.
  expect(trajectory.attempts.at(-1)).not.toHaveProperty('feedback');
  expect(replayTrajectory(trajectory)).toEqual(events);
});

it('returns no blank revision where the last one is not checked', async () => {
  const options = { critic: lenient, requests, rounds: 1, checkLast: false };
  const [trajectory] = await rectify({ answerer: saying('yes', ''), ...options });
  expect(trajectory).toMatchObject({ stop: 'unchanged', final: 'yes' });
});

it('asks no decide step about the revision of a blank response, which is returned', async () => {
  const asked: DecideRequest[] = [];
  const decider = {
    name: 'always worse',
    decide: async (all: readonly DecideRequest[]) => {
      asked.push(...all);
      return all.map(() => 'worse' as const);
    },
  };
  const refusing: Critic = {
    name: 'refusing',
    critique: async (all) => all.map(({ response }) => parseFeedback('object : look', { response })),
  };
  const options = { critic: refusing, requests, rounds: 3, decider };
  const [trajectory] = await rectify({ answerer: saying('', 'yes', 'no'), ...options });
  expect(trajectory).toMatchObject({ stop: 'unchanged', final: 'yes' });
  expect(asked.map(({ former, revision }) => [former, revision])).toEqual([['yes', 'no']]);
});

it('gets an answer out of a model that says nothing at first, by the grounded critic', async () => {
  const [scene] = await pictureScenes(1, 5);
  const scorer: RegionTextScorer = {
    name: 'blind',
    score: async (all) => all.map(({ boxes, texts }) => boxes.map(() => texts.map(() => 0))),
  };
  const asked = [{ id: '1', image: scene?.image ?? '', question: 'what does the sign say ?' }];
  const critic = createGroundedCritic({ scorer });
  const [trajectory] = await rectify({ answerer: saying(' ', 'stop'), critic, requests: asked });
  expect(trajectory).toMatchObject({ stop: 'accepted', final: 'stop' });
});
