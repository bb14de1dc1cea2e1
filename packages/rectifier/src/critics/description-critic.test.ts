import type { Generator } from '@fgam/data';
import { expect, it } from 'vitest';
import { createDescriptionCritic } from './description-critic.js';
import type { DraftedRequest } from './write-feedback.js';

const SEEN = 'a small red circle at the top , a large blue square at the centre .';
const ask = (response: string, question = 'describe the image .') => ({
  ...{ image: 'scene.png', question, response },
});

/** Stands for a model that sees what `SEEN` says, and is half sure of it. */
function describing(asked: DraftedRequest[] = [], logprobs = [Math.log(0.8), Math.log(0.625)]): Generator {
  return {
    name: 'describing',
    generate: async (requests) => {
      asked.push(...requests);
      return requests.map(() => ({ text: SEEN, tokens: [1, 2], logprobs, finish: 'stop' }));
    },
  };
}

it('accepts what says the same in any order, and corrects what differs, is not there or is left out', async () => {
  const critic = createDescriptionCritic({ generator: describing() });
  const said = await critic.critique([
    ask('a large blue square at the centre , a small red circle at the top .'),
    ask('a large red circle at the top , a large blue square at the left .'),
    ask('a small red circle at the top .'),
    ask(`${SEEN.slice(0, -2)} , a small green cross at the left .`),
  ]);
  expect(said.map((each) => (each.verdict === 'revise' ? each.text : each.verdict))).toEqual([
    'accept',
    'attribute : a small red circle at the top , not a large red circle at the top ; ' +
      'relation : a large blue square at the centre , not a large blue square at the left',
    'object : there is a large blue square at the centre',
    'object : there is no green cross , not a small green cross at the left',
  ]);
  for (const { confidence } of said) expect(confidence).toBeCloseTo(0.75);
  const [issue] = said[2]?.verdict === 'revise' ? said[2].issues : [];
  expect(issue).toMatchObject({ kind: 'object', evidence: { boxes: [], score: said[2]?.confidence } });
});

it('describes before it knows the response, and is told it as a draft alone', async () => {
  const asked: DraftedRequest[] = [];
  const generator = describing(asked);
  await createDescriptionCritic({ generator, maxTokens: 40 }).critique([ask('a red circle .')]);
  await createDescriptionCritic({ generator, drafts: true }).critique([ask('a red circle .')]);
  const request = { image: 'scene.png', prompt: 'User: describe the image . Assistant:', temperature: 0 };
  expect(asked).toEqual([
    { ...request, maxTokens: 40 },
    { ...request, maxTokens: 160, draft: 'a red circle .' },
  ]);
});

it('asks about captions alone, and gives no confidence without log-probabilities', async () => {
  const asked: DraftedRequest[] = [];
  const critic = createDescriptionCritic({ generator: describing(asked, []) });
  const [short, caption] = await critic.critique([ask('yes', 'is there a red circle ?'), ask(SEEN)]);
  expect(short).toEqual({ verdict: 'accept', confidence: 0.5 });
  expect(caption).toEqual({ verdict: 'accept' });
  expect(asked).toHaveLength(1);
  await expect(
    critic.critique([ask(SEEN)], { signal: AbortSignal.abort(new Error('left')) }),
  ).rejects.toThrow('left');
});
