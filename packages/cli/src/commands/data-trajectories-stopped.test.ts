import { existsSync } from 'node:fs';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readQuestions } from '@fgam/data';
import { readTrajectories } from '@fgam/rectifier';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type Behaviour,
  type ChatServer,
  sendText,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';
import { fgam, fgamJson, killWhen, sceneWorkshop } from './command.test-support.js';

const SAMPLES = 2;

let folder: string;
let scenes: string;
/** Responses of a run. */
let all: number;
let server: ChatServer;

const at = (name: string): string => join(folder, name);
const own = (...args: readonly string[]) => ['data', 'trajectories', scenes, ...args];
/** Yes or no by the sample's seed: the same whenever it is asked. */
const bySeed: Behaviour = ({ body }, response) => sendText(response, Number(body['seed']) % 2 ? 'yes' : 'no');
const slowly: Behaviour = async (...asked) => {
  await delay(40);
  await bySeed(...asked);
};
const endpoint = (model = 'tiny') => [
  ...['--endpoint', server.baseUrl, '--endpoint-model', model],
  ...['--samples', `${SAMPLES}`, '--concurrency', '2'],
];
const written = (out: string) => readFile(join(at(out), 'trajectories.jsonl'), 'utf8');
/** Answers that are kept so far. */
async function kept(out: string): Promise<number> {
  const file = join(at(out), 'responses.jsonl');
  return existsSync(file) ? (await readFile(file, 'utf8')).split('\n').length - 1 : 0;
}

beforeAll(async () => {
  folder = await sceneWorkshop(3);
  scenes = at('scenes');
  all = SAMPLES * (await readQuestions(join(scenes, 'questions.jsonl'))).length;
  server = await startChatServer(bySeed);
});
beforeEach(() => server.behave(bySeed));
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

test('killed again and again, ends in the bytes of a run that was never stopped, and asks nothing twice', async () => {
  const args = own(...endpoint(), '--out', at('killed'));
  const straight = await fgamJson(...own(...endpoint(), '--out', at('straight')));
  expect(straight).toMatchObject({ asked: all, remembered: 0 });
  const before = server.seen.length;
  server.behave(slowly);
  for (const target of [5, 15]) await killWhen(args, async () => (await kept('killed')) >= target);
  expect(existsSync(join(at('killed'), 'trajectories.jsonl'))).toBe(false);
  const known = await kept('killed');
  expect(known).toBeLessThan(all);
  // The line that the kill left unfinished.
  await appendFile(join(at('killed'), 'responses.jsonl'), '{"key":"0');
  const { remembered, out, ...result } = await fgamJson(...args);
  expect({ remembered, out }).toEqual({ remembered: known, out: at('killed') });
  expect(straight).toMatchObject(result);
  expect(await written('killed')).toBe(await written('straight'));
  // Two kills, each with two requests under way at most.
  expect(server.seen.length - before).toBeLessThanOrEqual(all + 4);
  expect(await kept('killed')).toBe(all);
});

test.each([
  ['here', () => ['--model', at('tiny'), '--samples', '8', '--max-tokens', '12', '--wrong-share', '0']],
  ['at-endpoint', () => endpoint()],
])('goes on after Ctrl-C with a model %s', async (name, asking) => {
  const asked = own(...asking());
  const { asked: most } = await fgamJson(...asked, '--out', at(`whole-${name}`));
  server.behave(slowly);
  const stopped = `stopped-${name}`;
  const poll = setInterval(() => {
    if (!existsSync(join(at(stopped), 'responses.jsonl'))) return;
    clearInterval(poll);
    process.emit('SIGINT');
  }, 1);
  const { code, out, err } = await fgam(...asked, '--out', at(stopped));
  clearInterval(poll);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('interrupted; no trajectories were written; the same command goes on from');
  const known = await kept(stopped);
  expect(known).toBeGreaterThan(0);
  expect(known).toBeLessThan(Number(most));
  expect(await fgamJson(...asked, '--out', at(stopped))).toMatchObject({ remembered: known });
  expect(await written(stopped)).toBe(await written(`whole-${name}`));
});

test('goes on after an endpoint that failed, and takes the answers of no other run', async () => {
  const out = ['--out', at('failed')];
  let answered = 0;
  server.behave((...asked) => {
    if ((answered += 1) <= 10) return bySeed(...asked);
    const [, response] = asked;
    response.writeHead(401).end('{}');
  });
  const failed = await fgam(...own(...endpoint(), ...out));
  expect(failed).toMatchObject({ code: 1, out: '' });
  expect(failed.err).toContain('401');
  expect(await kept('failed')).toBe(10);
  server.behave(bySeed);

  const again = async (...args: readonly string[]): Promise<unknown> =>
    (await fgamJson(...own(...args, ...out, '--overwrite')))['remembered'];
  expect(await again(...endpoint('other'))).toBe(0);
  expect(await again(...endpoint(), '--seed', '2')).toBe(0);
  expect(await again(...endpoint(), '--temperature', '0.5')).toBe(0);
  expect(await again(...endpoint(), '--max-tokens', '5')).toBe(0);
  expect(await again(...endpoint(), '--no-cache')).toBe(0);
  expect(await kept('failed')).toBe(10 + 4 * all);
  // With more samples the first ones are known.
  expect(await again(...endpoint(), '--samples', `${SAMPLES + 1}`)).toBe(10);
  expect(await again(...endpoint())).toBe(all);
  expect((await readTrajectories(join(at('failed'), 'trajectories.jsonl'))).length).toBeGreaterThan(0);
  // Those of a critic that judges them next are asked for no more.
  const before = server.seen.length;
  const judged = ['--critic', 'grounded', '--grounding', 'compact-grounding'];
  expect(await again(...endpoint(), ...judged)).toBe(all);
  expect(server.seen.length).toBe(before);
  expect((await fgam(...own(...endpoint(), ...out, '--overwrite'))).out).toContain(
    `${all} of them remembered`,
  );
});

test('refuses a file of anything else in the place of answers, and leaves it as it is', async () => {
  const out = at('foreign');
  expect((await fgam(...own(...endpoint(), '--out', out))).code).toBe(0);
  const content = '{"id":"1","answer":"yes"}\n';
  await writeFile(join(out, 'responses.jsonl'), content);
  const before = server.seen.length;
  const refused = await fgam(...own(...endpoint(), '--out', out, '--overwrite'));
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('responses.jsonl:1: expected a response under the hash of what was asked');
  expect(await readFile(join(out, 'responses.jsonl'), 'utf8')).toBe(content);
  expect(server.seen.length).toBe(before);
});

test.each([
  [[], 'expected options of trajectories without --model, --endpoint or --drafts, got --no-cache'],
  [['--drafts', 'a.jsonl'], 'expected options of trajectories with --drafts, got --no-cache'],
])('%j with --no-cache is refused', async (args, message) => {
  const { code, err } = await fgam(...own(...args, '--no-cache', '--out', at('refused')));
  expect(code).toBe(2);
  expect(err).toContain(message);
});
