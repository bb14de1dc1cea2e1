import type { Critic } from '@fgam/data';
import type { ChatCompletion } from 'openai/resources';
import { expect, it } from 'vitest';
import { type Behaviour, sendJson } from '../../../data/src/chat-server.test-support.js';
import { fail } from '../endpoint/endpoint.test-support.js';
import { ask, fgamOf, strict, useProxy } from './proxy.test-support.js';

const model = 'tiny';
const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
/** An answer in parts, as Mistral's: what it thought, and its text in pieces. */
const partsOf = (text: string): object[] => [
  { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
  { type: 'text', text: text.slice(0, 1) },
  { type: 'reference', reference_ids: [1] },
  { type: 'text', text: text.slice(1) },
];
const completionOf = (content: unknown, message: object = {}) => ({
  ...{ id: '1', object: 'chat.completion', created: 1, model, usage },
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content, ...message } }],
});
/** Says yes, and no once it is told better. */
const inParts: Behaviour = ({ body }, response) =>
  sendJson(response, completionOf(partsOf(body.messages.length > 1 ? 'no' : 'yes')));
const messageOf = (reply: ChatCompletion) => reply.choices[0]?.message;

it('rectifies an answer in parts by its text, and gives the revision in the upstream’s form', async () => {
  const { client, upstream } = await useProxy(inParts);
  const body = { model, messages: ask(), ...{ fgam: { trajectory: true } } };
  const reply = await client.chat.completions.create(body);
  expect(messageOf(reply)).toEqual({ role: 'assistant', content: partsOf('no') });
  expect(fgamOf(reply)).toMatchObject({
    ...{ stop: 'accepted', rounds: 1 },
    trajectory: { attempts: [{ response: 'yes' }, { response: 'no' }], final: 'no' },
  });
  expect(upstream.seen[1]?.body.messages[1]).toEqual({ role: 'assistant', content: 'yes' });
});

it('takes an answer in parts back, as an earlier turn with its text', async () => {
  const contexts: unknown[] = [];
  const reading: Critic = {
    ...{ name: 'reading', readsContext: true },
    critique: async ([request]) => {
      contexts.push(request?.context?.turns);
      return [{ verdict: 'accept' }];
    },
  };
  const { client, upstream } = await useProxy(inParts, { critics: [reading] });
  const first = await client.chat.completions.create({ model, messages: ask() });
  const sent = [...ask(), messageOf(first), ...ask('and a dog ?')] as ReturnType<typeof ask>;
  expect(fgamOf(await client.chat.completions.create({ model, messages: sent })).stop).toBe('accepted');
  expect(upstream.seen.at(-1)?.body.messages).toEqual(sent);
  expect(contexts.at(-1)).toMatchObject([{ role: 'user' }, { role: 'assistant', text: 'yes' }]);
});

it('streams the text of an answer in parts', async () => {
  const { client } = await useProxy(inParts);
  const completion = await client.chat.completions.stream({ model, messages: ask() }).finalChatCompletion();
  expect(messageOf(completion)?.content).toBe('no');
});

it('hands an answer in parts on as it is, where it is not rectified, accepted, or a round failed', async () => {
  const broken: Critic = { name: 'broken', critique: () => Promise.reject(new Error('no critic')) };
  const lenient: Critic = { name: 'lenient', critique: async () => [{ verdict: 'accept' }] };
  const { client, upstream } = await useProxy(inParts, { critics: [strict, broken, lenient] });
  const say = (fgam: object) => client.chat.completions.create({ model, messages: ask(), ...{ fgam } });
  const { fgam, ...off } = { fgam: {}, ...(await say({ enabled: false })) };
  expect([off, fgam]).toEqual([completionOf(partsOf('yes')), { unrectified: 'off' }]);
  for (const critic of ['broken', 'lenient'])
    expect(messageOf(await say({ critic }))?.content).toEqual(partsOf('yes'));
  upstream.behave((request, response, n) =>
    request.body.messages.length > 1 ? fail(response, 500) : inParts(request, response, n),
  );
  const degraded = await say({});
  expect(fgamOf(degraded)).toMatchObject({ degraded: 'revision-failed' });
  expect(messageOf(degraded)?.content).toEqual(partsOf('yes'));
});

it.each<[name: string, content: unknown, message?: object]>([
  ['no content', null, { tool_calls: [{ id: 'x', type: 'function' }] }],
  ['what it declined in', null, { refusal: 'that I may not say' }],
  ['a part that it declined in', [{ type: 'refusal', refusal: 'that I may not say' }]],
  ['parts without text', [{ type: 'image_url', image_url: { url: 'https://example.com/' } }]],
  ['no parts', []],
  ['a part of text without one', [{ type: 'text', text: null }]],
])('hands on an answer that says nothing: %s', async (_, content, message) => {
  const { client } = await useProxy((__, response) => sendJson(response, completionOf(content, message)));
  const reply = await client.chat.completions.create({ model, messages: ask() });
  expect(fgamOf(reply)).toEqual({ unrectified: 'no-text' });
  expect(messageOf(reply)).toEqual({ role: 'assistant', content, ...message });
});

it.each([
  ['as a field', null, { refusal: 'that I may not say' }],
  ['in a part', [{ type: 'refusal', refusal: 'that I may not say' }], {}],
])('streams what the upstream declined in %s', async (_, content, message) => {
  const { client } = await useProxy((__, response) => sendJson(response, completionOf(content, message)));
  const completion = await client.chat.completions.stream({ model, messages: ask() }).finalChatCompletion();
  expect(messageOf(completion)?.refusal).toBe('that I may not say');
});

it.each([[5], [{ type: 'text', text: 'yes' }], [['yes']]])('takes %j for no content', async (content) => {
  const { client } = await useProxy((_, response) => sendJson(response, completionOf(content)));
  const asked = client.chat.completions.create({ model, messages: ask(), ...{ fgam: { enabled: false } } });
  await expect(asked).rejects.toMatchObject({ status: 502, code: 'upstream_failed' });
});
