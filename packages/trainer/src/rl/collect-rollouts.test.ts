import type { Critic, Generator } from '@fgam/data';
import { createTokenizer, vocabularyFromTexts } from '@fgam/models';
import { expect, test } from 'vitest';
import { collectRollouts, type CollectRolloutsOptions } from './collect-rollouts.js';
import type { EncodedPrompt } from './policy.js';

const tokenizer = createTokenizer(
  vocabularyFromTexts([
    'is there a red circle ?',
    'yes no',
    'object : there is no red circle',
    'User Assistant Feedback Revised',
  ]),
);

/** Says yes at first, and what its revision prompt asks for then. */
const generator: Generator = {
  name: 'scripted',
  generate: async (requests) =>
    requests.map(({ prompt, temperature }) => {
      expect(temperature).toBe(1);
      const text = prompt.includes('Feedback:') ? 'no' : 'yes';
      return { text, tokens: [...tokenizer.encode(text), tokenizer.eosId], logprobs: [0, 0], finish: 'stop' };
    }),
};

const critic: Critic = {
  name: 'strict',
  critique: async (requests) =>
    requests.map(({ response }) =>
      response === 'no'
        ? { verdict: 'accept' }
        : {
            verdict: 'revise',
            issues: [{ kind: 'object', claim: 'yes' }],
            text: 'object : there is no red circle',
          },
    ),
};

const question = 'is there a red circle ?';

test('each round has its own prompt, tokens and worth', async () => {
  const requests = [{ id: 'a', image: 'a.png', question }];
  const rollouts = await collectRollouts({
    generator,
    tokenizer,
    critic,
    requests,
    samples: 2,
    rounds: 1,
    seed: 1,
  });
  expect(rollouts.map(({ group, trajectory }) => [group, trajectory.id, trajectory.final])).toEqual([
    ['a', 'a/0', 'no'],
    ['a', 'a/1', 'no'],
  ]);
  const [first, second] = rollouts[0]?.rounds ?? [];
  // One claim, wrong: R = 1 - 2 = -1; then none wrong.
  expect([first?.score, second?.score]).toEqual([-1, 1]);
  expect(tokenizer.decode(first?.tokens ?? [])).toBe('yes');
  expect(tokenizer.decode(first?.promptIds ?? [])).toBe(`User: ${question} Assistant:`);
  expect(tokenizer.decode(second?.promptIds ?? [])).toContain(
    'Feedback: object : there is no red circle Assistant',
  );
});

test('a response that repeats itself is worth what it was, though the loop asks no more', async () => {
  const stubborn: Generator = {
    ...generator,
    generate: async (requests) =>
      requests.map(() => ({ text: 'yes', tokens: tokenizer.encode('yes'), logprobs: [0], finish: 'length' })),
  };
  const requests = [{ id: 'a', image: 'a.png', question }];
  const [rollout] = await collectRollouts({
    generator: stubborn,
    tokenizer,
    critic,
    requests,
    rounds: 3,
    seed: 1,
  });
  expect(rollout?.trajectory.stop).toBe('unchanged');
  expect(rollout?.rounds.map(({ score }) => score)).toEqual([-1, -1]);
});

test('white space earns nothing', async () => {
  const padding: Generator = {
    ...generator,
    generate: async (requests) =>
      requests.map(({ prompt }) => ({
        ...{ text: prompt.includes('Feedback:') ? 'yes ' : 'yes', tokens: tokenizer.encode('yes') },
        ...{ logprobs: [0], finish: 'length' as const },
      })),
  };
  const requests = [{ id: 'a', image: 'a.png', question }];
  const [rollout] = await collectRollouts({
    generator: padding,
    tokenizer,
    critic,
    requests,
    rounds: 1,
    seed: 1,
  });
  expect(rollout?.trajectory.stop).toBe('unchanged');
  expect(rollout?.rounds.map(({ score }) => score)).toEqual([-1, -1]);
});

test('with no rounds a critic has to give as much feedback as it was asked for, too', async () => {
  const silent: Critic = { name: 'silent', critique: async () => [] };
  const requests = [{ id: 'a', image: 'a.png', question }];
  await expect(
    collectRollouts({ generator, tokenizer, critic: silent, requests, rounds: 0, seed: 1 }),
  ).rejects.toThrow('silent: expected feedback on each of 1 answers, got 0');
});

test('with no rounds the answer alone is judged', async () => {
  const requests = [{ id: 'a', image: 'a.png', question }];
  const [rollout] = await collectRollouts({ generator, tokenizer, critic, requests, rounds: 0, seed: 1 });
  expect(rollout?.rounds.map(({ score }) => score)).toEqual([-1]);
  expect(rollout?.trajectory.attempts[0]?.feedback?.verdict).toBe('revise');
});

test('claims earn their parts by the tokens that end them, where that is asked for', async () => {
  const words = createTokenizer(
    vocabularyFromTexts(['describe the image .', 'a red circle , a blue square']),
  );
  const caption = 'a red circle , a blue square .';
  const describing: Generator = {
    name: 'describing',
    generate: async (requests) =>
      requests.map(() => ({
        ...{ text: caption, tokens: [...words.encode(caption), words.eosId] },
        ...{ logprobs: [], finish: 'stop' as const },
      })),
  };
  const issues = [{ kind: 'attribute', claim: 'a blue square', correction: 'a red square' }] as const;
  const exact: Critic = {
    name: 'exact',
    critique: async (requests) => requests.map(() => ({ verdict: 'revise', issues, text: 'no' })),
  };
  const options = {
    ...{ generator: describing, critic: exact, rounds: 0, seed: 1 },
    requests: [{ id: 'a', image: 'a.png', question: 'describe the image .' }],
  };
  const roundOf = async (given: Partial<CollectRolloutsOptions>) =>
    (await collectRollouts({ tokenizer: words, ...options, ...given }))[0]?.rounds[0];
  expect(await roundOf({ credit: 'claim' })).toMatchObject({
    score: 0,
    claims: [
      { token: 2, reward: 0.5 },
      { token: 6, reward: -0.5 },
    ],
  });
  expect(await roundOf({})).not.toHaveProperty('claims');
  const format = (asked: string): string => asked;
  const encode = async (): Promise<EncodedPrompt> => ({ promptIds: [1] });
  await expect(roundOf({ credit: 'claim', tokenizer: { format, encode } })).rejects.toThrow(
    'expected prompts that decode tokens',
  );
  expect(
    await roundOf({ credit: 'claim', tokenizer: { format, encode, decode: () => 'another text' } }),
  ).not.toHaveProperty('claims');
});
