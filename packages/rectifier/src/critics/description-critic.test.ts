import type { Generation, Generator } from '@fgam/data';
import { expect, it } from 'vitest';
import { chooseFinal } from '../loop/choose-final.js';
import { criticContract } from './critic-contract.test-support.js';
import { createDescriptionCritic } from './description-critic.js';
import type { DraftedRequest } from './write-feedback.js';

const SEEN = 'a small red circle at the top , a large blue square at the centre .';
const ask = (response: string, question = 'describe the image .') => ({
  ...{ image: 'scene.png', question, response },
});

/** Stands for a model that sees what `SEEN` says, and is half sure of it. */
function describing(
  asked: DraftedRequest[] = [],
  logprobs = [Math.log(0.8), Math.log(0.625)],
  { text = SEEN, finish = 'stop' }: Partial<Pick<Generation, 'text' | 'finish'>> = {},
): Generator {
  return {
    name: 'describing',
    generate: async (requests) => {
      asked.push(...requests);
      return requests.map(() => ({ text, tokens: [1, 2], logprobs, finish }));
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
  // p is 0.5; nothing agrees, one of two clauses, two of three.
  const expected = [0.75, 1 - 0.25 * 0.5, 1 - 0.25 * 0.75, 1 - 0.25 * (1 - 0.5 / 3)];
  for (const [i, { confidence }] of said.entries()) expect(confidence).toBeCloseTo(expected[i] as number);
  const [issue] = said[2]?.verdict === 'revise' ? said[2].issues : [];
  expect(issue).toMatchObject({ kind: 'object', evidence: { boxes: [] } });
  expect(issue?.evidence?.score).toBeCloseTo(0.75);
});

it('is as sure without a full stop, and of what it is not sure of itself hardly more than a guess', async () => {
  const confidenceOf = async (response: string, logprobs?: number[]): Promise<number | undefined> => {
    const critic = createDescriptionCritic({ generator: describing([], logprobs) });
    return (await critic.critique([ask(response)]))[0]?.confidence;
  };
  for (const caption of ['a large green cross at the left', 'a large red circle at the top'])
    expect(await confidenceOf(caption)).toBe(await confidenceOf(`${caption} .`));
  const nothing = 'a large green cross at the left .';
  expect(await confidenceOf(nothing, [-20, 0])).toBeCloseTo(0.5);
  expect(await confidenceOf(nothing, [0, 0])).toBe(1);
  // What is said twice agrees once.
  const twice = SEEN.replace(' ,', ' , a small red circle at the top ,');
  expect(await confidenceOf(twice)).toBeCloseTo(1 - 0.25 * (1 - 0.5 / 3));
});

it('lets the loop give back a first caption that its revision made worse, and not one that it made better', async () => {
  const critic = createDescriptionCritic({ generator: describing() });
  const [one, two] = ['a small red circle at the left', 'a large blue square at the centre'];
  const captions = [`${one} , ${two} .`, `${one} , a large blue square at the right .`];
  const attempts = (await critic.critique(captions.map((response) => ask(response)))).map((feedback, i) => ({
    ...{ response: captions[i] as string, feedback },
  }));
  expect(chooseFinal(attempts)).toBe(captions[0]);
  expect(chooseFinal(attempts.toReversed())).toBe(captions[0]);
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

it('reads captions in prose, and accepts unread what names nothing that it knows', async () => {
  const critic = createDescriptionCritic({ generator: describing() });
  const unread = { verdict: 'accept', confidence: 0.5 };
  const said = await critic.critique(
    [
      'The image shows a small red circle at the top and a large blue square at the centre.',
      'In this picture, there is a small red circle at the top. A large blue square at the centre.',
      'A photo of a dog on a beach.',
      '',
    ].map((response) => ask(response)),
  );
  expect(said[0]?.confidence).toBeCloseTo(0.75);
  expect(said.map(({ verdict }) => verdict)).toEqual(['accept', 'accept', 'accept', 'accept']);
  expect(said.slice(2)).toEqual([unread, unread]);
});

it.each<[string, Partial<Generation>]>([
  ['that is empty', { text: '' }],
  ['of nothing that is known', { text: 'hmm hmm' }],
  ['that was cut', { text: 'a small red circle at the top , a large bl', finish: 'length' }],
])('goes by no description %s', async (_, generation) => {
  const critic = createDescriptionCritic({ generator: describing([], [0], generation) });
  expect(await critic.critique([ask(SEEN)])).toEqual([{ verdict: 'accept', confidence: 0.5 }]);
});

criticContract('createDescriptionCritic', () => createDescriptionCritic({ generator: describing() }), [
  ask(SEEN),
  ask('a large red circle at the top .'),
  ask('yes', 'is there a red circle ?'),
]);
