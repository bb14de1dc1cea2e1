import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Behaviour,
  type ChatServer,
  sendText,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';
import { fgam, fgamJson, sceneWorkshop } from './command.test-support.js';

const fixtures = fileURLToPath(new URL('../../../models/test-fixtures', import.meta.url));
const KEY = 'FGAM_TEST_KEY';
let folder: string;
let server: ChatServer;
let image: string;
beforeAll(async () => {
  folder = await sceneWorkshop(2);
  image = join(fixtures, 'tiny-llava/images/exact.png');
  server = await startChatServer(both);
});
beforeEach(() => server.behave(both));
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A model that says yes until it is told better, and a critic that knows better. */
const both: Behaviour = ({ body, facts }, response) => {
  const answer = facts['answer'];
  if (answer === undefined) return sendText(response, body.messages.length > 1 ? 'no' : 'yes');
  const issue = { kind: 'object', claim: 'yes', correction: 'no', confidence: 0.8, boxes: [] };
  const critique =
    answer === 'no'
      ? { verdict: 'accept', confidence: 0.9, issues: [] }
      : { verdict: 'revise', confidence: 0.7, issues: [issue] };
  sendText(response, JSON.stringify(critique));
};
const question = 'is there a red circle ?';
const at = () => ['--endpoint', server.baseUrl, '--endpoint-model', 'tiny'];

describe('an endpoint', () => {
  test('answers and criticises, with its key from the environment', async () => {
    process.env[KEY] = 'sk-hidden';
    const run = await fgam(
      ...['rectify', ...at(), '--api-key-env', KEY, '--critic', 'llm', '--critic-model', 'judge'],
      ...['--image', image, '--question', question, '--json'],
    );
    delete process.env[KEY];
    expect(JSON.parse(run.out)).toMatchObject({
      attempts: [
        { response: 'yes', feedback: { verdict: 'revise', confidence: 0.7, text: 'object : no' } },
        { response: 'no', feedback: { verdict: 'accept', confidence: 0.9 } },
      ],
      ...{ final: 'no', stop: 'accepted' },
    });
    expect(server.seen.slice(-4).map(({ body }) => body.model)).toEqual(['tiny', 'judge', 'tiny', 'judge']);
    for (const { headers } of server.seen.slice(-4)) expect(headers.authorization).toBe('Bearer sk-hidden');
    expect(run.err).toContain('tiny: 2 requests, 200 tokens read, 20 written');
    expect(run.out + run.err).not.toContain('sk-hidden');
  });

  test('answers one question, and those of a benchmark', async () => {
    const ask = ['generate', ...at(), '--image', image, '--question', question];
    expect(await fgamJson(...ask, '--max-tokens', '5', '--temperature', '0.5', '--seed', '3')).toEqual({
      ...{ model: `tiny at ${server.baseUrl}`, text: 'yes', answer: 'yes', tokenCount: 10 },
    });
    expect(server.seen.at(-1)?.body).toMatchObject({ max_tokens: 5, temperature: 0.5, seed: 3 });
    const scenes = ['--data', join(folder, 'scenes'), '--limit', '1'];
    const result = await fgamJson('bench', 'run', 'scenes', ...at(), ...scenes, '--critic', 'llm');
    expect(result).toMatchObject({ model: `tiny at ${server.baseUrl}`, critic: 'llm', images: 1 });
    expect((result['accounting'] as { rounds: unknown[] }).rounds.length).toBeGreaterThan(0);
  });

  test.each([['--adapter', 'adapter'], ['--weights', 'int8'], ['--stream']])(
    'takes no %s',
    async (...more) => {
      const run = await fgam('generate', ...at(), '--image', image, '--question', question, ...more);
      expect(run).toMatchObject({ code: 2, out: '' });
      expect(run.err).toContain('expected none of --adapter, --weights');
    },
  );

  test('that fails is named, without a stack', async () => {
    server.behave((_, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: 'no such model' } }));
    });
    const run = await fgam('generate', ...at(), '--image', image, '--question', question);
    expect(run).toMatchObject({ code: 1, out: '' });
    expect(run.err).toMatch(/tiny at 127\.0\.0\.1:\d+: 404 no such model/);
    expect(run.err).not.toContain('    at ');
  });

  test.each([
    [['--endpoint-model', 'x', '--model', 'compact-base'], /got both/],
    [[], /--endpoint-model/],
    [['--endpoint-model', 'x', '--api-key-env', 'FGAM_NOT_SET'], /FGAM_NOT_SET, which is not set/],
    [['--endpoint-model', 'x', '--critic', 'grounded'], /--grounding/],
  ])('with options %j is a usage error', async (more, said) => {
    const ask = ['--endpoint', server.baseUrl, '--image', image, '--question', question];
    const run = await fgam('rectify', ...ask, ...more);
    expect(run).toMatchObject({ code: 2, out: '' });
    expect(run.err).toMatch(said);
  });
});

test.each([
  [['--endpoint-model', 'x'], /expected --endpoint with --endpoint-model x/],
  [['--template', 'paper'], /expected no --template for compact-base/],
])('options %j, which would do nothing, are a usage error', async (options, said) => {
  const run = await fgam('rectify', ...options, '--image', image, '--question', question);
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toMatch(said);
});

test.each([
  'tiny-llava',
  'tiny-qwen2-vl',
  'tiny-instructblip',
  'tiny-blip2',
  'tiny-minigpt4',
  'onnx:tiny-llava-onnx',
])('%s answers, and revises by what a critic says', async (place) => {
  const model = place.replace(
    /^(onnx:)?(.*)$/,
    (_, kind = '', name = '') => `${kind as string}${join(fixtures, name as string)}`,
  );
  server.behave((_, response) => {
    const issue = { kind: 'object', claim: 'it', correction: 'no', confidence: 1, boxes: [] };
    sendText(response, JSON.stringify({ verdict: 'revise', confidence: 0.7, issues: [issue] }));
  });
  const critic = ['--critic', 'llm', '--critic-endpoint', server.baseUrl, '--critic-model', 'judge'];
  const found = await fgamJson(
    // The instructions alone are longer than these models read.
    ...['rectify', '--model', model, '--template', 'paper', ...critic],
    ...['--image', image, '--question', 'What?', '--rounds', '1'],
  );
  const attempts = found['attempts'] as { response: string }[];
  expect(attempts).toHaveLength(2);
  expect(attempts[0]?.response).not.toBe('');
  expect(server.seen.at(-1)?.facts['answer']).toBeDefined();
});

test('a folder that is none of them is named', async () => {
  const run = await fgam('rectify', '--model', `onnx:${folder}`, '--image', image, '--question', question);
  expect(run).toMatchObject({ code: 1, out: '' });
  expect(run.err).toMatch(/missing: config\.json.*hf download/);
});

test.each(['llm', 'grounded', 'a module'])(
  'says once that %s is not calibrated for an endpoint',
  async (name) => {
    const critic = name === 'a module' ? join(folder, 'tiny') : name;
    const options = ['--critic', critic, '--grounding', join(folder, 'tiny'), '--image', image];
    const run = await fgam('rectify', ...at(), ...options, '--question', question);
    const warning = `warning: ${critic} has not been calibrated for tiny at ${server.baseUrl}: its refusals stand as they come`;
    expect(run.code).toBe(0);
    expect(run.err.split(warning)).toHaveLength(2);
  },
);

describe('several critics', () => {
  const many = () => [...at(), '--critic', `llm,grounded=3`, '--grounding', join(folder, 'tiny')];

  test('are one, with who said what', async () => {
    const ask = ['--image', image, '--question', question, '--rounds', '0', '--response', 'yes'];
    const none = await fgamJson('rectify', ...many(), ...ask);
    expect(none['attempts']).toEqual([{ response: 'yes' }]);
    const strict = [...ask.slice(0, 4), '--response', 'yes', '--rounds', '1', '--threshold', '1'];
    const { attempts } = (await fgamJson('rectify', ...many(), ...strict)) as {
      attempts: { feedback: { issues: { by: string[] }[] } }[];
    };
    expect(attempts[0]?.feedback.issues[0]?.by).toContain('llm');
  });

  test('are calibrated on scenes; the threshold is what rectify takes', async () => {
    const out = join(folder, 'calibration');
    // Right half the time: it says yes.
    const data = ['--data', join(folder, 'scenes'), '--limit', '12', '--out', out];
    const found = await fgamJson('rectify', 'calibrate', ...many(), ...data, '--bins', '4');
    expect(found).toMatchObject({
      critics: [
        { name: 'llm', weight: 1 },
        { name: 'grounded', weight: 3 },
      ],
      examples: 12,
    });
    expect(found['bins']).toHaveLength(4);
    expect(await readFile(join(out, 'reliability.html'), 'utf8')).toContain('<svg');
    const file = join(out, 'calibration.json');
    const written = JSON.parse(await readFile(file, 'utf8')) as { threshold: number };
    expect(written.threshold).toBe(found['threshold']);
    const ask = ['--image', image, '--question', question, '--grounding', join(folder, 'tiny')];
    const rectified = await fgam('rectify', ...at(), ...ask, '--calibration', file);
    expect(rectified).toMatchObject({ code: 0 });
    expect(rectified.err).not.toContain('calibrated');
    expect(rectified.err).toContain('critic judge'.replace('judge', 'tiny'));
    const other = ['--endpoint', server.baseUrl, '--endpoint-model', 'another'];
    const strange = await fgam('rectify', ...other, ...ask, '--calibration', file);
    expect(strange).toMatchObject({ code: 1, out: '' });
    expect(strange.err).toMatch(
      /expected a calibration for another at .*, got one for tiny at .*calibrate again/,
    );
    await writeFile(file, JSON.stringify({ ...written, threshold: 2 }));
    const broken = await fgam('rectify', ...at(), ...ask, '--calibration', file);
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.err).toContain('threshold');
  });

  test('are refused where they are none', async () => {
    for (const critic of ['llm,llm', 'llm=0', 'llm,'])
      expect(
        await fgam('rectify', ...at(), '--critic', critic, '--image', image, '--question', question),
      ).toMatchObject({ code: 2 });
  });
});

test('the loop takes budgets, rounds by confidence and a decide step', async () => {
  const decide: Behaviour = (asked, response, n) =>
    asked.facts['A'] === undefined
      ? both(asked, response, n)
      : sendText(response, asked.facts['A'] === 'no' ? 'B' : 'A');
  server.behave(decide);
  const ask = ['rectify', ...at(), '--critic', 'llm', '--image', image, '--question', question];
  expect(await fgamJson(...ask, '--decide')).toMatchObject({
    ...{ final: 'yes', stop: 'unchanged' },
    attempts: [{ response: 'yes' }, { response: 'no', decision: 'worse' }],
  });
  expect(await fgamJson(...ask, '--while-sure', '0.8')).toMatchObject({ final: 'yes', stop: 'max-rounds' });
  expect(await fgamJson(...ask, '--while-sure', '0.6')).toMatchObject({ final: 'no', stop: 'accepted' });
  expect(await fgamJson(...ask, '--budget-tokens', '1')).toMatchObject({ final: 'yes', stop: 'budget' });
});
