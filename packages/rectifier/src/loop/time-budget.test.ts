import type { Answerer, Critic, Feedback, Trajectory } from '@fgam/data';
import { expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import type { Decider } from './decider.js';
import { rectify } from './rectify.js';
import { replayTrajectory } from './replay-trajectory.js';

const requests = [{ id: '1', image: 'i', question: 'is there a cat ?' }];
const budget = { milliseconds: 30 };
/** Each heeds no signal, and gives nothing. */
const hanging = () => new Promise<never>(() => {});
const refusing: Critic = {
  name: 'refusing',
  critique: async (all) => all.map(({ response }) => parseFeedback('object : look', { response })),
};
const counting: Answerer = {
  name: 'counting',
  answer: async (all) => all.map(({ revision }) => ({ text: revision === undefined ? 'yes' : 'no' })),
};
const responsesOf = (trajectory: Trajectory | undefined) =>
  trajectory?.attempts.map(({ response }) => response);

it.each([undefined, new AbortController().signal])(
  'waits no longer than its budget for a critic that does not heed its signal',
  async (signal) => {
    const critic: Critic = { name: 'hanging', critique: hanging };
    const given = signal === undefined ? {} : { signal };
    const [trajectory] = await rectify({ answerer: counting, critic, requests, budget, ...given });
    expect(trajectory).toMatchObject({ stop: 'budget', final: 'yes', attempts: [{ response: 'yes' }] });
  },
);

it('nor for a revision', async () => {
  const answerer: Answerer = {
    name: 'hanging',
    answer: (all) => (all[0]?.revision === undefined ? counting.answer(all) : hanging()),
  };
  const [trajectory] = await rectify({ answerer, critic: refusing, requests, budget });
  expect([trajectory?.stop, trajectory?.final, responsesOf(trajectory)]).toEqual(['budget', 'yes', ['yes']]);
});

it('nor for a decider', async () => {
  const decider: Decider = { name: 'hanging', decide: hanging };
  // All that comes before the decision is to be in time on a loaded machine, too.
  const enough = { milliseconds: 500 };
  const [trajectory] = await rectify({
    ...{ answerer: counting, critic: refusing, requests, budget: enough, decider },
  });
  expect([trajectory?.stop, responsesOf(trajectory)]).toEqual(['budget', ['yes', 'no']]);
  if (trajectory) expect(replayTrajectory(trajectory).at(-1)?.type).toBe('stop');
});

it('passes over what comes too late', async () => {
  const late: ((feedback: readonly Feedback[]) => void)[] = [];
  const critic: Critic = { name: 'late', critique: () => new Promise((resolve) => late.push(resolve)) };
  const [trajectory] = await rectify({ answerer: counting, critic, requests, budget });
  const [say] = late;
  say?.([{ verdict: 'accept' }]);
  await new Promise((resolve) => setTimeout(resolve));
  expect(trajectory?.attempts).toEqual([{ response: 'yes' }]);
});

it('hears of a late failure nowhere', async () => {
  const late: ((error: Error) => void)[] = [];
  const critic: Critic = { name: 'late', critique: () => new Promise((_, reject) => late.push(reject)) };
  const [trajectory] = await rectify({ answerer: counting, critic, requests, budget });
  // An unhandled rejection would fail the run of this file.
  for (const fail of late) fail(new Error('too late'));
  await new Promise((resolve) => setTimeout(resolve));
  expect(trajectory?.stop).toBe('budget');
});

it('gives the first response whatever it takes', async () => {
  const answerer: Answerer = {
    name: 'slow',
    answer: async (all) => {
      await new Promise((resolve) => setTimeout(resolve, 2 * budget.milliseconds));
      return counting.answer(all);
    },
  };
  const [trajectory] = await rectify({ answerer, critic: refusing, requests, budget });
  expect(trajectory).toMatchObject({ stop: 'budget', attempts: [{ response: 'yes' }] });
});

it('ends at the signal of its caller, with its reason, also while a port hangs', async () => {
  const controller = new AbortController();
  const answerer: Answerer = { name: 'hanging', answer: hanging };
  const run = rectify({ answerer, critic: refusing, requests, signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(run).rejects.toThrow(/^enough$/);
});
