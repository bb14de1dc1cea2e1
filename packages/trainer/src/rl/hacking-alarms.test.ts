import { expect, test } from 'vitest';
import { hackingAlarms, LEAST_WATCHED, rolloutFigures, type RolloutFigures } from './hacking-alarms.js';
import type { Rollout } from './rollout.js';

const FIRST: RolloutFigures = {
  reward: 0,
  firstReward: 0,
  length: 6,
  refusals: 0.1,
  yesRatio: 0.5,
  disagreement: 0.1,
};

test.each<[what: string, now: Partial<RolloutFigures>, alarms: number]>([
  ['nothing', {}, 0],
  ['a better reward', { reward: 1, firstReward: 1 }, 0],
  ['half as long', { length: 3 }, 0],
  ['shorter than half', { length: 2.9 }, 1],
  ['longer than twice', { length: 12.1 }, 1],
  ['more refusals', { refusals: 0.31 }, 1],
  ['fewer refusals', { refusals: 0 }, 0],
  ['yes to nearly all', { yesRatio: 0.81 }, 1],
  ['no to nearly all', { yesRatio: 0.19 }, 1],
  ['a second critic that parts', { disagreement: 0.31 }, 1],
  ['several at once', { length: 1, refusals: 1 }, 2],
])('%s', (_, now, alarms) => {
  expect(hackingAlarms(FIRST, { ...FIRST, ...now })).toHaveLength(alarms);
});

test('limits are what the options say, and what is not there is not watched', () => {
  expect(hackingAlarms(FIRST, { ...FIRST, length: 4 }, { length: 1.2 })).toEqual([
    'tokens a response went from 6.00 to 4.00',
  ]);
  const { reward, firstReward, length, refusals } = FIRST;
  expect(hackingAlarms(FIRST, { reward, firstReward, length, refusals })).toEqual([]);
});

function rollout(final: string, scores: readonly number[]): Rollout {
  const rounds = scores.map((score) => ({ promptIds: [1], tokens: [2, 3], score }));
  const trajectory = { id: '', image: '', question: 'q', attempts: [], final, stop: 'accepted' } as const;
  return { image: '', group: '', rounds, trajectory };
}

test('figures are means over trajectories; a yes-ratio of few answers is none', () => {
  const read = (_: string, response: string) =>
    response === ''
      ? { claims: false }
      : { claims: true, yesNo: response === 'yes' ? ('yes' as const) : ('no' as const) };
  const rollouts = [rollout('yes', [-1, 1]), rollout('no', [1]), rollout('', [0]), rollout('no', [1])];
  expect(rolloutFigures(rollouts, read, 0.5)).toEqual({
    ...{ reward: 0.75, firstReward: 0.25, length: 2, refusals: 0.25, disagreement: 0.5 },
  });
  const many = Array.from({ length: LEAST_WATCHED }, (_, i) => rollout(i < 5 ? 'yes' : 'no', [1]));
  expect(rolloutFigures(many, read).yesRatio).toBe(5 / LEAST_WATCHED);
});
