import { rectify } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { createLoopClock } from './loop-clock.js';

test('gives each round its own calls, batch after batch', async () => {
  let now = 0;
  const clock = createLoopClock(() => now);
  const requests = ['1', '2', '3'].map((id) => ({ id, image: 'a.png', question: 'what ?', response: 'one' }));
  await rectify({
    requests,
    rounds: 2,
    batchSize: 2,
    onEvent: clock.onEvent,
    critic: {
      name: 'critic',
      critique: async (asked) => {
        now += 1000;
        return asked.map(() => ({ verdict: 'revise', issues: [], text: 'wrong' }));
      },
    },
    answerer: {
      name: 'answerer',
      answer: async (asked) => {
        now += 250;
        return asked.map(({ revision }) => ({ text: `${revision?.response ?? ''} more` }));
      },
    },
  });
  // Two batches; each round asks the critic once, and each but the first the answerer.
  expect(clock.rounds()).toEqual([
    { critic: 2, revision: 0 },
    { critic: 2, revision: 0.5 },
    { critic: 2, revision: 0.5 },
  ]);
});
