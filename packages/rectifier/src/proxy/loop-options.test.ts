import type { Critic } from '@fgam/data';
import { expect, it } from 'vitest';
import { type Behaviour, sendText } from '../../../data/src/chat-server.test-support.js';
import { fail } from '../endpoint/endpoint.test-support.js';
import { replayTrajectory } from '../loop/replay-trajectory.js';
import { agreeable, ask, fgamOf, strict, useProxy } from './proxy.test-support.js';

const model = 'tiny';

/** As `agreeable`; of two answers it takes the one that is named. */
function prefers(better: string): Behaviour {
  return (request, response, n) =>
    'A' in request.facts
      ? sendText(response, request.facts['A'] === better ? 'A' : 'B')
      : agreeable(request, response, n);
}

it('revises while the critic is as sure of its refusal as proxy and request say', async () => {
  const { client, upstream } = await useProxy(agreeable, { whileSure: 0.95 });
  const unsure = await client.chat.completions.create({ model, messages: ask() });
  expect(unsure.choices[0]?.message.content).toBe('yes');
  expect(fgamOf(unsure)).toMatchObject({ stop: 'max-rounds', rounds: 0, confidence: 0.9 });
  expect(upstream.seen).toHaveLength(1);
  const fgam = { while_sure: 0.9 };
  const sure = await client.chat.completions.create({ model, messages: ask(), ...{ fgam } });
  expect(sure.choices[0]?.message.content).toBe('no');
  expect(fgamOf(sure)).toMatchObject({ stop: 'accepted', rounds: 1 });
});

it('asks the upstream which answer is better, of the image, twice, greedily and without the form of answers', async () => {
  const { client, upstream } = await useProxy(prefers('yes'), { decide: true });
  const messages = [{ role: 'system' as const, content: 'Be brief.' }, ...ask()];
  const parameters = {
    ...{ temperature: 0.7, stop: ['.'], max_completion_tokens: 99, max_tokens: null, seed: 4 },
    ...{ response_format: { type: 'json_object' as const }, min_tokens: 32, guided_choice: ['yes', 'no'] },
  };
  const fgam = { trajectory: true };
  const reply = await client.chat.completions.create({ model, messages, ...parameters, ...{ fgam } });
  expect(reply.choices[0]?.message.content).toBe('yes');
  const { trajectory, ...report } = fgamOf(reply);
  expect(report).toMatchObject({ stop: 'unchanged', rounds: 1 });
  expect(trajectory).toMatchObject({ attempts: [{}, { response: 'no', decision: 'worse' }], final: 'yes' });
  const asked = upstream.seen.slice(2);
  expect(asked.map(({ facts }) => facts)).toEqual([
    { question: 'is there a cat ?', A: 'yes', B: 'no' },
    { question: 'is there a cat ?', A: 'no', B: 'yes' },
  ]);
  for (const { body } of asked) {
    expect(body).toMatchObject({ temperature: 0, max_completion_tokens: 8, seed: 4 });
    for (const field of ['stop', 'max_tokens', 'response_format', 'min_tokens', 'guided_choice', 'fgam'])
      expect(body).not.toHaveProperty(field);
    expect(body.messages).toMatchObject([
      messages[0],
      { role: 'user', content: [{ type: 'image_url' }, { type: 'text' }] },
    ]);
  }
  // First answer, revision and both letters.
  const one = await client.chat.completions.create({
    model,
    messages: ask(),
    ...{ fgam: { enabled: false } },
  });
  expect(reply.usage?.completion_tokens).toBe(4 * (one.usage?.completion_tokens ?? Number.NaN));

  upstream.behave(prefers('no'));
  const better = await client.chat.completions.create({ model, messages: ask() });
  // Some upstreams refuse a limit by that name, or any temperature: what the request does not have it does not get.
  expect(Object.keys(upstream.seen.at(-1)?.body ?? {}).sort()).toEqual(['messages', 'model']);
  expect(better.choices[0]?.message.content).toBe('no');
  const off = await client.chat.completions.create({
    model,
    messages: ask(),
    ...{ fgam: { decide: false } },
  });
  expect(fgamOf(off)).toMatchObject({ stop: 'accepted', rounds: 1 });
  expect(upstream.seen).toHaveLength(4 + 1 + 4 + 2);
});

it('streams decisions as they are made', async () => {
  const { client } = await useProxy(prefers('no'), {});
  const stream = await client.chat.completions.create({
    ...{ model, messages: ask(), stream: true as const },
    ...{ fgam: { decide: true } },
  });
  const events: unknown[] = [];
  for await (const chunk of stream) events.push(fgamOf(chunk).event);
  expect(events.filter(Boolean)).toMatchObject([
    ...[{ type: 'response' }, { type: 'feedback' }, { type: 'response' }],
    ...[{ type: 'decision', decision: 'better' }, { type: 'feedback' }],
  ]);
});

it('returns the first answer where the choice between two fails', async () => {
  const { client } = await useProxy(
    (request, response, n) => ('A' in request.facts ? fail(response, 500) : agreeable(request, response, n)),
    { decide: true },
  );
  const fgam = { trajectory: true };
  const reply = await client.chat.completions.create({ model, messages: ask(), ...{ fgam } });
  expect(reply.choices[0]?.message.content).toBe('yes');
  const { trajectory, ...report } = fgamOf(reply);
  expect(report).toMatchObject({ stop: 'degraded', degraded: 'decision-failed', rounds: 1 });
  expect(replayTrajectory(trajectory as never).map(({ type }) => type)).toEqual([
    ...['response', 'feedback', 'response', 'stop'],
  ]);
});

it('counts the tokens of first answer and revisions, and asks no further when they are spent', async () => {
  const asked: string[] = [];
  const critic: Critic = {
    name: 'counted',
    critique: (requests) => {
      asked.push(...requests.map(({ response }) => response));
      return strict.critique(requests);
    },
  };
  const { client } = await useProxy(agreeable, { critics: [critic], budgetTokens: 1000 });
  const whole = await client.chat.completions.create({ model, messages: ask(), ...{ fgam: { rounds: 0 } } });
  const first = whole.usage?.completion_tokens ?? Number.NaN;
  const withBudget = async (budget_tokens: number) =>
    fgamOf(await client.chat.completions.create({ model, messages: ask(), ...{ fgam: { budget_tokens } } }));
  expect(await withBudget(first)).toMatchObject({ stop: 'budget', rounds: 0 });
  expect(asked).toEqual([]);
  expect(await withBudget(first + 1)).toMatchObject({ stop: 'budget', rounds: 1 });
  expect(asked).toEqual(['yes']);
  // Of the proxy's budget and the request's the smaller counts.
  const narrow = await useProxy(agreeable, { budgetTokens: first });
  const asksMore = { model, messages: ask(), ...{ fgam: { budget_tokens: 1000 } } };
  expect(fgamOf(await narrow.client.chat.completions.create(asksMore))).toMatchObject({ stop: 'budget' });
  expect(await withBudget(2 * first + 1)).toMatchObject({ stop: 'accepted', rounds: 1 });
  expect(asked).toEqual(['yes', 'yes', 'no']);
});

it('refuses what no loop takes', async () => {
  const { client } = await useProxy();
  for (const fgam of [{ while_sure: 2 }, { decide: 'yes' }, { budget_tokens: 0 }])
    await expect(
      client.chat.completions.create({ model, messages: ask(), ...{ fgam } }),
    ).rejects.toMatchObject({
      ...{ status: 400, param: `fgam.${Object.keys(fgam)[0]}` },
    });
  await expect(useProxy(agreeable, { whileSure: -1, budgetTokens: 0.5 })).rejects.toThrow(
    /whileSure: .*budgetTokens: /,
  );
});
