import type { Answerer, AnswerRequest, Critic, Trajectory } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { formatDecision, readDecision } from '../prompts/decide-prompt.js';
import { createDecider } from './decider.js';
import { rectify } from './rectify.js';
import type { RectifyEvent } from './rectify-options.js';
import { replayTrajectory } from './replay-trajectory.js';

const pair = { image: 'dog.png', question: 'what is it ?', former: 'a cat', revision: 'a dog', seed: 7 };
const replying = (reply: (question: string) => string) => {
  const asked: AnswerRequest[] = [];
  const answerer: Answerer = {
    name: 'replying',
    async answer(requests) {
      asked.push(...requests);
      return requests.map(({ question }) => ({ text: reply(question) }));
    },
  };
  return { answerer, asked };
};
/** Prefers the response that says so, wherever it stands. */
const preferring = (wanted: string) => (question: string) =>
  question.includes(`"A":"${wanted}"`) ? 'A' : 'B';

describe('createDecider', () => {
  it.each([
    ['the revision, wherever it stands', preferring('a dog'), 'better'],
    ['the former, wherever it stands', preferring('a cat'), 'worse'],
    ['the first, whatever it is', () => 'A', 'undecided'],
    ['the second, whatever it is', () => 'B.', 'undecided'],
    ['nothing', () => 'Both are fine.', 'undecided'],
  ])('of a model that prefers %s', async (_, reply, decision) => {
    const { answerer, asked } = replying(reply);
    expect(await createDecider({ answerer }).decide([pair])).toEqual([decision]);
    expect(asked.map(({ question }) => question)).toEqual([
      formatDecision(pair.question, ['a cat', 'a dog']),
      formatDecision(pair.question, ['a dog', 'a cat']),
    ]);
    expect(asked[0]).not.toHaveProperty('seed');
  });

  it('samples by the seeds of its requests', async () => {
    const { answerer, asked } = replying(() => 'A');
    await createDecider({ answerer, temperature: 0.7 }).decide([pair, { ...pair, seed: 2 ** 32 - 1 }]);
    expect(asked.map(({ seed, temperature }) => [seed, temperature])).toEqual([
      [7, 0.7],
      [8, 0.7],
      [2 ** 32 - 1, 0.7],
      [0, 0.7],
    ]);
  });

  it('keeps the order of its requests', async () => {
    const { answerer } = replying(preferring('a dog'));
    const swapped = { ...pair, former: 'a dog', revision: 'a cat' };
    expect(await createDecider({ answerer }).decide([pair, swapped, pair])).toEqual([
      'better',
      'worse',
      'better',
    ]);
  });
});

describe('the prompt', () => {
  it('can be ended by no text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [line = '', ...rest] = formatDecision(text, [text, text]).split('\n');
        expect(rest).toHaveLength(1);
        const facts = JSON.parse(line.slice(line.indexOf('{'))) as Record<string, string>;
        expect(Object.keys(facts)).toEqual(['question', 'A', 'B']);
      }),
    );
  });

  it.each([
    ['A', 'A'],
    [' b.', 'B'],
    ['(B)\nbecause it is a dog', 'B'],
    ['Answer: A', 'A'],
    ['**A**', 'A'],
    ['the answer is', undefined],
    ['A dog is right.', undefined],
    ['A or B', undefined],
    ['', undefined],
  ])('reads %j', (reply, letter) => {
    expect(readDecision(reply)).toBe(letter);
  });
});

describe('rectify with a decider', () => {
  const answers: Readonly<Record<string, readonly string[]>> = {
    good: ['a cat', 'a dog', 'a dog indeed'],
    bad: ['a fox', 'a cow'],
    same: ['a hen', 'a hen'],
  };
  const answerer: Answerer = {
    name: 'scripted',
    answer: async (requests) =>
      requests.map(({ question, revision }) => {
        const all = answers[question] ?? [];
        return { text: all[revision === undefined ? 0 : all.indexOf(revision.response) + 1] ?? '' };
      }),
  };
  const critic: Critic = {
    name: 'never content',
    critique: async (requests) =>
      requests.map(({ response }) => parseFeedback('object : look', { response })),
  };
  const requests = Object.keys(answers).map((id) => ({ id, image: `${id}.png`, question: id }));
  const { answerer: judge, asked } = replying((question) => (/"A":"a (dog|fox)/.test(question) ? 'A' : 'B'));

  it('keeps the better of two responses, and stops where the revision is worse', async () => {
    const events: RectifyEvent[] = [];
    const decider = createDecider({ answerer: judge });
    const found = await rectify({
      answerer,
      critic,
      requests,
      decider,
      onEvent: (event) => events.push(event),
    });
    const story = ({ attempts, final, stop }: Trajectory) => [
      attempts.map(({ response, decision }) => [response, decision]),
      final,
      stop,
    ];
    expect(found.map(story)).toEqual([
      [
        [
          ['a cat', undefined],
          ['a dog', 'better'],
          ['a dog indeed', 'undecided'],
        ],
        'a dog indeed',
        'max-rounds',
      ],
      [
        [
          ['a fox', undefined],
          ['a cow', 'worse'],
        ],
        'a fox',
        'unchanged',
      ],
      [
        [
          ['a hen', undefined],
          ['a hen', undefined],
        ],
        'a hen',
        'unchanged',
      ],
    ]);
    // What repeats the response before it is not asked about.
    expect(asked.some(({ question }) => question.includes('a hen'))).toBe(false);
    for (const trajectory of found)
      expect(replayTrajectory(trajectory)).toEqual(events.filter((event) => event.id === trajectory.id));
  });

  it('returns no response that was held worse, whatever the critic says of it', async () => {
    const trajectory: Trajectory = {
      ...{ id: '1', image: 'i', question: 'q', final: 'b', stop: 'unchanged' as const },
      attempts: [
        { response: 'a', feedback: { verdict: 'revise', issues: [], text: 'x', confidence: 0.9 } },
        { response: 'b', decision: 'worse' },
      ],
    };
    expect(() => replayTrajectory(trajectory)).toThrow(/final response "b"/);
    expect(replayTrajectory({ ...trajectory, final: 'a' })).toHaveLength(5);
  });

  it('names it where it fails', async () => {
    const decider = { name: 'lost', decide: () => Promise.reject(new Error('no map')) };
    await expect(rectify({ answerer, critic, requests, decider })).rejects.toMatchObject({
      ...{ code: 'rectifier/port-failed', port: 'decider', round: 1, requests: ['good', 'bad'] },
    });
  });
});
