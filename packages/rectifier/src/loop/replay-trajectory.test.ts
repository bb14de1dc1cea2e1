import type { Answerer, Critic, Feedback, Trajectory } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { rectify } from './rectify.js';
import type { RectifyEvent } from './rectify-options.js';
import { replayTrajectory } from './replay-trajectory.js';
import { formatTrajectories } from './trajectory-file.js';

/** What a fuzzed critic says of a response, by its number. */
const said = fc.record({
  verdict: fc.constantFrom('accept', 'revise', 'revise', 'empty'),
  confidence: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
});
const runs = fc.record({
  // Indices into five responses, two of them common, so that they repeat at once and in turn.
  responses: fc.array(fc.oneof(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 4 })), {
    minLength: 1,
    maxLength: 6,
  }),
  judgements: fc.array(said, { minLength: 5, maxLength: 5 }),
  rounds: fc.integer({ min: 0, max: 5 }),
  checkLast: fc.boolean(),
  tokens: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
});

async function run({
  responses,
  judgements,
  rounds,
  checkLast,
  tokens,
}: typeof runs extends fc.Arbitrary<infer T> ? T : never) {
  let asked = 0;
  const answerer: Answerer = {
    name: 'fuzzed',
    answer: async () => [{ text: `r${responses[Math.min(asked++, responses.length - 1)]}` }],
  };
  const critic: Critic = {
    name: 'fuzzed',
    critique: async ([request]) => {
      const { verdict, confidence: tenths } = judgements[Number(request?.response.slice(1))] ?? {};
      const confidence = tenths === undefined ? {} : { confidence: tenths / 10 };
      const feedback: Feedback =
        verdict === 'accept'
          ? { verdict }
          : verdict === 'empty'
            ? { verdict: 'revise', issues: [], text: '' }
            : parseFeedback('object : there is no cat');
      return [{ ...feedback, ...confidence }];
    },
  };
  const events: RectifyEvent[] = [];
  const [trajectory] = await rectify({
    answerer,
    critic,
    requests: [{ id: '1', image: 'i', question: 'is there a cat ?' }],
    rounds,
    checkLast,
    ...(tokens === undefined ? {} : { budget: { tokens } }),
    onEvent: (event) => events.push(event),
  });
  if (!trajectory) throw new Error('no trajectory');
  return { trajectory, events };
}

describe('replayTrajectory', () => {
  it('repeats the events of whatever run, also after a file', async () => {
    const stops = new Set<string>();
    await fc.assert(
      fc.asyncProperty(runs, async (options) => {
        const { trajectory, events } = await run(options);
        stops.add(trajectory.stop);
        expect(replayTrajectory(trajectory)).toEqual(events);
        const stored = JSON.parse(formatTrajectories([trajectory])) as Trajectory;
        expect(replayTrajectory(stored)).toEqual(events);
      }),
      { numRuns: 300 },
    );
    expect([...stops].sort()).toEqual(['accepted', 'budget', 'cycle', 'max-rounds', 'unchanged']);
  });

  it('refuses whatever run with another stop or final response', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (options) => {
        const { trajectory } = await run(options);
        const bad: unknown = expect.objectContaining({ code: 'rectifier/bad-trajectory' });
        expect(() => replayTrajectory({ ...trajectory, final: 'other' })).toThrow(bad);
        const isForced = ['accepted', 'unchanged', 'cycle'].includes(trajectory.stop);
        const stop = isForced ? 'max-rounds' : 'cycle';
        expect(() => replayTrajectory({ ...trajectory, stop })).toThrow(bad);
        const more = [...trajectory.attempts, { response: 'new' }];
        if (isForced) expect(() => replayTrajectory({ ...trajectory, attempts: more })).toThrow(bad);
      }),
    );
  });
});
