import type { Generator } from '@fgam/data';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { answererContract } from '../../data/src/answerer-contract.test-support.js';
import { createAnswerer } from './answerer.js';
import { createGenerator } from './generation/generator.js';
import type { ModelRequest } from './generation/model-request.js';
import { expectSameRevisions } from './revisions.test-support.js';
import { microConfig, randomWeights } from './test-support.js';
import { createTokenizer } from './tokenizer.js';

const formatPrompt = (question: string, revision?: { response: string; feedback: string }) =>
  revision === undefined
    ? `User: ${question} Assistant:`
    : `User: ${question} Assistant: ${revision.response} Feedback: ${revision.feedback} Assistant (Revised):`;
const pixel = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);

it('asks a generator with the formatted prompt and counts tokens', async () => {
  const asked: ModelRequest[] = [];
  const generator: Generator = {
    name: 'recorded',
    generate: async (requests) => {
      asked.push(...requests);
      return requests.map(() => ({
        text: 'yes',
        tokens: [5, 1],
        logprobs: [-0.1, -0.2],
        finish: 'stop' as const,
      }));
    },
  };
  const answerer = createAnswerer(generator, { formatPrompt, maxTokens: 7 });
  const answers = await answerer.answer([
    { image: 'a.png', question: 'is it red ?', seed: 3, temperature: 0.5 },
    {
      image: 'b.png',
      question: 'is it ?',
      maxTokens: 2,
      revision: { response: 'no', feedback: 'object : it is' },
    },
  ]);
  expect(answers).toEqual([
    { text: 'yes', tokens: 2 },
    { text: 'yes', tokens: 2 },
  ]);
  expect(asked).toEqual([
    { image: 'a.png', prompt: 'User: is it red ? Assistant:', maxTokens: 7, seed: 3, temperature: 0.5 },
    {
      image: 'b.png',
      prompt: 'User: is it ? Assistant: no Feedback: object : it is Assistant (Revised):',
      maxTokens: 2,
      draft: 'no',
    },
  ]);
  const revision = { response: 'no', feedback: 'object : it is' };
  await answerer.answer([{ image: 'b.png', question: 'is it ?', revision, temperature: 0.5 }]);
  const plain = createAnswerer(generator, { formatPrompt, draftRevisions: false });
  await plain.answer([{ image: 'b.png', question: 'is it ?', revision }]);
  expect(asked.slice(2).map(({ draft }) => draft)).toEqual([undefined, undefined]);
  expect(answerer.name).toBe('recorded');
});

it('gives the same answers from a model as from its generator, in the order of the requests', async () => {
  const config = microConfig();
  const model = {
    config,
    tokenizer: createTokenizer(['is', 'it', 'red', '?']),
    weights: randomWeights(config, 2),
  };
  const requests = ['is it red ?', 'is it ?', 'red ?'].map((question) => ({
    image: pixel,
    question,
    maxTokens: 5,
  }));
  const own = createAnswerer(model, { formatPrompt, name: 'micro' });
  const generator = createGenerator(model);
  const shared = createAnswerer(generator, { formatPrompt });
  const answers = await own.answer(requests);
  expect(await shared.answer(requests)).toEqual(answers);
  expect((await shared.answer([requests[2] as (typeof requests)[number]]))[0]).toEqual(answers[2]);
  expect(own.name).toBe('micro');
  await own.dispose();
  await generator.dispose();
});

const config = microConfig();
const compact = {
  config,
  tokenizer: createTokenizer([
    'is',
    'it',
    'red',
    '?',
    'a',
    'zebra',
    'horse',
    'no',
    'two',
    'of',
    'them',
    ':',
    'object',
    'count',
  ]),
  weights: randomWeights(config, 5),
};
const pictures = await Promise.all(
  ['#f00', '#08f'].map((background) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background } })
      .png()
      .toBuffer(),
  ),
);
answererContract('a compact model', {
  make: async () => createAnswerer(compact, { formatPrompt, maxTokens: 6 }),
  requests: () =>
    ['is it red ?', 'a zebra ?', 'red ?'].map((question, i) => ({
      image: pictures[i % 2] as Uint8Array,
      question,
    })),
});

const shared = createGenerator(compact);
afterAll(() => shared.dispose());
answererContract('a shared generator', {
  make: async () => createAnswerer(shared, { formatPrompt, maxTokens: 6 }),
  requests: () =>
    ['is it red ?', 'a zebra ?'].map((question) => ({ image: pictures[0] as Uint8Array, question })),
});

it.each([8, 32])('says the same in revisions with drafts as without, width %i', async (hidden_size) => {
  const own = microConfig({ text_config: { hidden_size } });
  const model = { ...compact, config: own, weights: randomWeights(own, 7) };
  const generator = createGenerator(model);
  await expectSameRevisions({
    open: (options) => createAnswerer(generator, options),
    images: pictures,
    words: ['is', 'it', 'red', '?', 'a', 'zebra', 'horse', 'no', 'two', ':'],
    cases: 250,
  });
  expect(generator.stats.acceptedTokens).toBeGreaterThan(1000);
  await generator.dispose();
});
