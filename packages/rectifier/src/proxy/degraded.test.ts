import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Critic, Feedback } from '@fgam/data';
import { expect, it } from 'vitest';
import { fail } from '../endpoint/endpoint.test-support.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { replayTrajectory } from '../loop/replay-trajectory.js';
import { readTrajectories } from '../loop/trajectory-file.js';
import { agreeable, ask, fgamOf, strict, useProxy } from './proxy.test-support.js';

const model = 'tiny';

/** What the proxy keeps of an answer, by way of a file. */
async function kept(url: string, id: string) {
  const folder = await mkdtemp(join(tmpdir(), 'degraded-'));
  const file = join(folder, 'kept.jsonl');
  await writeFile(file, await (await fetch(`${url}/fgam/trajectories/${id}`)).text());
  const [trajectory] = await readTrajectories(file);
  await rm(folder, { recursive: true });
  if (trajectory === undefined) throw new Error('nothing was kept');
  return trajectory;
}

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['no list', { verdict: 'accept' }],
  ['a list of nothing', [undefined]],
  ['too many', [{ verdict: 'accept' }, { verdict: 'accept' }]],
  ['another verdict', [{ verdict: 'perhaps' }]],
  ['no issues', [{ verdict: 'revise', text: 'look' }]],
  ['issues that are none', [{ verdict: 'revise', issues: [{ kind: 'object' }], text: '' }]],
  ['a confidence that is no number', [{ verdict: 'accept', confidence: Number.NaN }]],
])('returns the first answer where a critic gives %s', async (_, given) => {
  const told: string[] = [];
  const critic: Critic = { name: 'broken', critique: async () => given as readonly Feedback[] };
  const { client, proxy } = await useProxy(agreeable, {
    ...{ critics: [critic], log: (line: string) => told.push(line) },
  });
  const reply = await client.chat.completions.create({ model, messages: ask() });
  expect(reply.choices[0]?.message.content).toBe('yes');
  expect(fgamOf(reply)).toMatchObject({ stop: 'degraded', degraded: 'critic-failed', rounds: 0 });
  expect(told).toEqual([expect.stringMatching(/critic "broken" in round 0 .*expected .*, got /) as string]);
  const trajectory = await kept(proxy.url, fgamOf(reply).id);
  expect(trajectory).toMatchObject({ stop: 'degraded', final: 'yes', attempts: [{ response: 'yes' }] });
  expect(replayTrajectory(trajectory).map(({ type }) => type)).toEqual(['response', 'stop']);
});

it('keeps the rounds until a revision failed so that they can be read and replayed', async () => {
  const never: Critic = {
    name: 'never content',
    critique: async (all) => all.map(({ response }) => parseFeedback('object : look', { response })),
  };
  const { client, proxy, upstream } = await useProxy(agreeable, { critics: [never] });
  upstream.behave((request, response, n) =>
    n === 2 ? fail(response, 500) : agreeable(request, response, n),
  );
  const reply = await client.chat.completions.create({ model, messages: ask() });
  expect(fgamOf(reply)).toMatchObject({ degraded: 'revision-failed', rounds: 1 });
  const trajectory = await kept(proxy.url, fgamOf(reply).id);
  expect(trajectory).toMatchObject({ stop: 'degraded', final: 'yes' });
  expect(replayTrajectory(trajectory).map(({ type }) => type)).toEqual([
    ...['response', 'feedback', 'response', 'feedback', 'stop'],
  ]);
});

it('replays no degraded trajectory that the proxy can not have made', () => {
  const attempts = [{ response: 'yes', feedback: parseFeedback('object : look') }, { response: 'no' }];
  const trajectory = {
    ...{ id: '1', image: 'i', question: 'q', final: 'yes' },
    attempts,
    stop: 'degraded' as const,
  };
  expect(replayTrajectory(trajectory).at(-1)).toMatchObject({ type: 'stop', stop: 'degraded', final: 'yes' });
  expect(() => replayTrajectory({ ...trajectory, final: 'no' })).toThrow(/final response "no"/);
  const ended = [{ response: 'yes', feedback: { verdict: 'accept' as const } }];
  expect(() => replayTrajectory({ ...trajectory, attempts: ended })).toThrow(
    /stop degraded where accepted holds/,
  );
});

it('takes no client that leaves for a critic that failed', async () => {
  const leaving = new AbortController();
  const critic: Critic = {
    name: 'leaving',
    critique: (all) => {
      leaving.abort();
      return strict.critique(all);
    },
  };
  const told: string[] = [];
  const { client, proxy } = await useProxy(agreeable, {
    ...{ critics: [critic], log: (line: string) => told.push(line) },
  });
  const asked = client.chat.completions.create({ model, messages: ask() }, { signal: leaving.signal });
  await expect(asked).rejects.toThrow('aborted');
  const gauge = async () => (await fetch(new URL('/metrics', proxy.url))).text();
  while (!(await gauge()).includes('fgam_proxy_active_requests 0'));
  expect(await gauge()).not.toContain('fgam_proxy_degraded_total{');
  expect(told).toEqual([]);
});
