import { expect, test } from 'vitest';
import { roundLatency } from './round-latency.js';

test('adds up rounds by hand, question by question', () => {
  const round = { critic: 80, revision: 150 };
  const timings = [
    { answer: 150, rounds: [round, round] },
    { answer: 300, rounds: [{ critic: 100, revision: 200 }, { critic: 60 }] },
    { answer: 100, rounds: [{ critic: 50 }] },
  ];
  const found = roundLatency({ name: 'by hand', timings, parameters: { model: 7, critic: 3 }, load: 1.5 });
  expect(found).toMatchObject({
    name: 'by hand',
    questions: 3,
    parameters: { model: 7, critic: 3 },
    load: 1.5,
  });
  expect(found.answer.median).toBe(150);
  // 50, 60, 80, 80, 100.
  expect(found.critic?.median).toBe(80);
  // 380 and 600 ms, quartiles between them; 380/150 and 2. What was accepted at once had no round.
  expect(found.rounds[0]).toMatchObject({ round: 1, questions: 2 });
  expect(found.rounds[0]?.milliseconds).toEqual({ median: 490, quartiles: [435, 545] });
  expect(found.rounds[0]?.ratio.median).toBeCloseTo((380 / 150 + 2) / 2, 12);
  // The second question's second feedback accepted.
  expect(found.rounds[1]).toMatchObject({ round: 2, questions: 1, milliseconds: { median: 610 } });
  expect(found.rounds).toHaveLength(2);
});

test('has no module where no round was timed; refuses no timings and what is no time', () => {
  const { critic, rounds } = roundLatency({ name: 'base', timings: [{ answer: 5, rounds: [] }] });
  expect([critic, rounds]).toEqual([undefined, []]);
  expect(() => roundLatency({ name: 'none', timings: [] })).toThrow('expected one or more timings');
  for (const answer of [0, -1, Number.NaN])
    expect(() => roundLatency({ name: 'bad', timings: [{ answer, rounds: [] }] })).toThrow('1 of them');
  const bad = [{ answer: 1, rounds: [{ critic: 1, revision: Number.POSITIVE_INFINITY }] }];
  expect(() => roundLatency({ name: 'bad', timings: bad })).toThrow('1 of them');
});
