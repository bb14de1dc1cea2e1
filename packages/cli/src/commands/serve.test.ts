import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { imageDataUri } from '@fgam/data';
import { saveModel } from '@fgam/models';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type Behaviour,
  type ChatServer,
  sendText,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';
import { fgam, sceneWorkshop, tinyModel } from './command.test-support.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const program = fileURLToPath(new URL('../index.ts', import.meta.url));
const fixture = fileURLToPath(
  new URL('../../../models/test-fixtures/tiny-llava/images/exact.png', import.meta.url),
);
let upstream: ChatServer;
let folder: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  folder = await sceneWorkshop(2);
  upstream = await startChatServer(both);
});
afterEach(() => child?.kill('SIGKILL'));
afterAll(async () => {
  await upstream.close();
  await rm(folder, { recursive: true });
});

/** A model that says yes until it is told better, and a critic that knows better. */
const both: Behaviour = ({ body, facts }, response) => {
  const answer = facts['answer'];
  if (answer === undefined) return sendText(response, body.messages.length > 1 ? 'no' : 'yes');
  const isRight = answer === 'no';
  const issues = isRight
    ? []
    : [{ kind: 'object', claim: 'yes', correction: 'no', confidence: 0.8, boxes: [] }];
  sendText(response, JSON.stringify({ verdict: isRight ? 'accept' : 'revise', confidence: 0.9, issues }));
};

interface Served {
  readonly url: string;
  readonly said: () => string;
  readonly process: ChildProcess;
}

async function serve(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  at = upstream.baseUrl,
): Promise<Served> {
  const started = spawn(
    process.execPath,
    ['--import', 'tsx', program, 'serve', '--upstream', at, '--port', '0', '--json', ...args],
    { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child = started;
  let said = '';
  started.stderr.on('data', (part) => (said += String(part)));
  started.stdout.on('data', (part) => (said += String(part)));
  for await (const line of createInterface({ input: started.stdout })) {
    const { url } = JSON.parse(line) as { readonly url: string };
    return { url, said: () => said, process: started };
  }
  throw new Error(`no line of JSON, but: ${said}`);
}

async function ask(
  url: string,
  fgamField: object = {},
  key = '',
  earlier: readonly object[] = [],
): Promise<Record<string, unknown>> {
  const image = { type: 'image_url', image_url: { url: await imageDataUri(await readFile(fixture)) } };
  const text = { type: 'text', text: 'is there a red circle ?' };
  const reply = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: 'm',
      messages: [...earlier, { role: 'user', content: [image, text] }],
      fgam: fgamField,
    }),
  });
  return (await reply.json()) as Record<string, unknown>;
}

test('serves with keys by its options, finishes what is under way at SIGTERM, and ends', async () => {
  const keys = ['--client-key-env', 'FGAM_TEST_CLIENTS', '--api-key-env', 'FGAM_TEST_UPSTREAM'];
  const {
    url,
    said,
    process: served,
  } = await serve([...keys, '--upstream-model', 'tiny', '--critic-model', 'judge'], {
    FGAM_TEST_CLIENTS: 'client-a,client-b',
    FGAM_TEST_UPSTREAM: 'sk-upstream',
  });
  expect(await ask(url)).toMatchObject({ error: { code: 'invalid_api_key' } });
  const reply = await ask(url, {}, 'client-b');
  expect(reply).toMatchObject({
    choices: [{ message: { content: 'no' } }],
    fgam: { critic: 'llm', rounds: 1, stop: 'accepted', confidence: 0.9 },
  });
  expect(upstream.seen.map(({ body }) => body.model)).toEqual(['tiny', 'judge', 'tiny', 'judge']);
  expect(new Set(upstream.seen.map(({ headers }) => headers.authorization))).toEqual(
    new Set(['Bearer sk-upstream']),
  );

  const waiting: (() => void)[] = [];
  upstream.behave((request, response, n) => void waiting.push(() => void both(request, response, n)));
  const asked = ask(url, {}, 'client-a');
  while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const ended = once(served, 'exit');
  served.kill('SIGTERM');
  while (!said().includes('finishing')) await new Promise((resolve) => setTimeout(resolve, 10));
  upstream.behave(both);
  waiting.shift()?.();
  expect(await asked).toMatchObject({ choices: [{ message: { content: 'no' } }] });
  expect(await ended).toEqual([0, null]);
  expect(said()).not.toMatch(/client-[ab]|sk-upstream/);
  const warning = `warning: llm has not been calibrated for ${upstream.baseUrl}: its refusals stand as they come`;
  expect(said().split(warning)).toHaveLength(2);
});

test('checks by critics in this process, several requests at a time, each by the one it names', async () => {
  const critics = ['--critic', `grounded=2,${join(folder, 'tiny')}`, '--grounding', join(folder, 'tiny')];
  const { url } = await serve([...critics, '--max-concurrent', '8']);
  const names = ['grounded', join(folder, 'tiny'), `grounded=2,${join(folder, 'tiny')}`];
  const replies = await Promise.all([...names, ...names].map((critic) => ask(url, { critic })));
  expect(replies.map(({ fgam: report }) => report)).toEqual(
    [...names, ...names].map((critic) => ({
      ...{ critic, id: expect.any(String) as string, rounds: expect.any(Number) as number },
      stop: expect.stringMatching(/^(accepted|unchanged|cycle|max-rounds)$/) as string,
      confidence: expect.any(Number) as number,
    })),
  );
});

test('a critic of this process that can’t judge is told of before anything listens; none at an endpoint is asked', async () => {
  const broken = join(folder, 'broken');
  const model = tinyModel();
  model.weights['vision_tower.vision_model.embeddings.position_embedding.weight']?.data.fill(Number.NaN);
  await saveModel(broken, model);
  const begun = upstream.seen.length;
  const args = ['--upstream-model', 'tiny', '--critic', 'llm,grounded', '--grounding', broken];
  const run = await fgam('serve', '--upstream', upstream.baseUrl, '--port', '0', '--json', ...args);
  expect(run.code).toBe(1);
  expect(run.err).toMatch(/^fgam: grounded: expected a verdict on a made-up image, got .*finite.*--critic$/m);
  expect(JSON.parse(run.out)).toMatchObject({ error: { code: 'fgam/bad-critic' } });
  expect(upstream.seen).toHaveLength(begun);
});

test('its rounds go by the options of the loop, and by what a request says otherwise', async () => {
  // Sure of its refusal by 0.9; what is asked "A or B" says A both times, which decides nothing.
  upstream.behave((request, response, n) =>
    'A' in request.facts ? sendText(response, 'A') : both(request, response, n),
  );
  const { url } = await serve([
    '--upstream-model',
    'tiny',
    '--while-sure',
    '0.95',
    '--budget-tokens',
    '19',
    '--decide',
  ]);
  expect(await ask(url)).toMatchObject({ fgam: { stop: 'max-rounds', rounds: 0 } });
  const revised = await ask(url, { while_sure: 0.5, trajectory: true });
  expect(revised).toMatchObject({
    choices: [{ message: { content: 'no' } }],
    // Twenty tokens, of nineteen.
    fgam: { stop: 'budget', rounds: 1, trajectory: { attempts: [{}, { decision: 'undecided' }] } },
  });
  const spent = await ask(url, { while_sure: 0.5, budget_tokens: 10 });
  expect(spent).toMatchObject({ fgam: { stop: 'budget', rounds: 0 } });
  upstream.behave(both);
}, 120_000);

test('tells its critic the conversation, unless it is asked not to', async () => {
  const models = ['--upstream-model', 'tiny', '--critic-model', 'judge'];
  const earlier = [{ role: 'system', content: 'be brief' }];
  for (const [args, told] of [
    [[], [{ role: 'system', text: 'be brief' }]],
    [['--no-critic-context'], undefined],
  ] as const) {
    const begun = upstream.seen.length;
    const { url, process: served } = await serve([...models, ...args]);
    expect((await ask(url, {}, '', earlier))['fgam']).toMatchObject(
      told === undefined ? { critic: 'llm', unseen: { turns: 1, images: 0 } } : { critic: 'llm' },
    );
    const asked = upstream.seen.slice(begun).filter(({ body }) => body.model === 'judge');
    expect(asked.map(({ facts }) => facts['conversation'])).toEqual([told]);
    served.kill('SIGKILL');
  }
});

describe('without a name for its critic’s model', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  /** A server that lists models, or replies otherwise, and hands what else it is asked to the upstream. */
  async function listing(reply: unknown, status = 200): Promise<string> {
    const server = createServer((request, response) => {
      if (request.url === '/v1/models')
        return void response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(reply));
      const parts: Buffer[] = [];
      request
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => {
          const body = Buffer.concat(parts).toString('utf8');
          void fetch(`${upstream.baseUrl}/chat/completions`, { method: 'POST', body }).then(
            async (answer) => {
              response.writeHead(200, { 'content-type': 'application/json' }).end(await answer.text());
            },
          );
        });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  }
  const models = (...ids: string[]): object => ({ object: 'list', data: ids.map((id) => ({ id })) });

  test('takes the only one of the upstream', async () => {
    const at = await listing(models('only'));
    const { url, said } = await serve([], {}, at);
    expect(said()).toContain(`the critic llm asks only, the only model of ${at}`);
    const begun = upstream.seen.length;
    expect((await ask(url))['fgam']).toMatchObject({ critic: 'llm', rounds: 1, stop: 'accepted' });
    expect(upstream.seen.slice(begun).map(({ body }) => body.model)).toEqual(['m', 'only', 'm', 'only']);
  });

  test.each([
    [models(), 'got none; choose with --critic-model'],
    [models('a', 'b'), 'got "a", "b"; choose with --critic-model'],
    [models(...'abcdefghij'), '"h" and 2 more;'],
    [{ models: [] }, 'got something other than a list of models'],
  ])('is refused for %j', async (reply, words) => {
    const run = await fgam('serve', '--upstream', await listing(reply), '--port', '0', '--json');
    expect(run.code).toBe(1);
    expect(run.err).toContain(words);
    expect(JSON.parse(run.out)).toMatchObject({ error: { code: 'fgam/no-model' } });
  });

  test('says what the upstream says, without its key', async () => {
    const at = await listing({ error: { message: 'no such key: sk-secret' } }, 401);
    process.env['FGAM_TEST_UPSTREAM'] = 'sk-secret';
    const run = await fgam('serve', '--upstream', at, '--port', '0', '--api-key-env', 'FGAM_TEST_UPSTREAM');
    delete process.env['FGAM_TEST_UPSTREAM'];
    expect(run.code).toBe(1);
    expect(run.err).toContain('401 no such key: ***; choose with --critic-model');
  });
});

describe('usage errors', () => {
  const at = ['serve', '--upstream', 'http://127.0.0.1:9/v1', '--port', '0'];
  test.each([
    [['serve'], '--upstream'],
    [[...at, '--critic-endpoint', 'http://127.0.0.1:9/v1'], '--critic-model'],
    [[...at, '--critic', 'grounded'], '--grounding (compact-grounding, the shipped one'],
    [[...at, '--critic-model', 'm', '--client-key-env', 'FGAM_NONE'], 'FGAM_NONE'],
    [[...at, '--critic-model', 'm', '--critic-key-env', 'FGAM_NONE'], 'FGAM_NONE'],
    [[...at, '--critic-model', 'm', '--api-key-env', 'FGAM_NONE'], 'FGAM_NONE'],
    [[...at, '--port', 'x'], 'whole number'],
  ])('%j', async (args, words) => {
    const run = await fgam(...args);
    expect(run.code).toBe(2);
    expect(run.err).toContain(words);
  });

  test('an address that can’t be listened at is named before critics are opened', async () => {
    const { port, hostname } = new URL(upstream.baseUrl);
    const late = [...at, '--critic', join(folder, 'no-such-critic')];
    const taken = await fgam(...late, '--port', port, '--json');
    expect(taken.code).toBe(1);
    expect(taken.err).toBe(`fgam: port ${port} of ${hostname} is in use; give another --port\n`);
    expect(JSON.parse(taken.out)).toMatchObject({ error: { code: 'fgam/no-port' } });
    const elsewhere = await fgam(...late, '--host', '192.0.2.1', '--client-key-env', 'PATH');
    expect(elsewhere.err).toMatch(/^fgam: expected to listen at 192.0.2.1, port 0, got .*--port\n$/);
  });

  test('a bad option is named before anything listens', async () => {
    const run = await fgam(
      'serve',
      '--upstream',
      'ftp://x',
      '--port',
      '0',
      '--upstream-model',
      'm',
      '--critic-endpoint',
      'http://x/v1',
    );
    expect(run.code).toBe(1);
    expect(run.err).toContain('upstream.baseUrl');
  });
});
