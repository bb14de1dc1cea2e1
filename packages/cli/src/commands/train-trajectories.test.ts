import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMetrics } from '@fgam/trainer';
import { beforeAll, expect, test } from 'vitest';
import { fgam, fgamJson, sceneWorkshop } from './command.test-support.js';

let folder: string;
let trajectories: string;

beforeAll(async () => {
  folder = await sceneWorkshop(8);
  await fgamJson('data', 'trajectories', join(folder, 'scenes'), '--out', join(folder, 'corrections'));
  trajectories = join(folder, 'corrections', 'trajectories.jsonl');
  const [line = ''] = (await readFile(trajectories, 'utf8')).split('\n');
  // Images are beside the file, or where `images` says.
  expect(JSON.parse(line)).toMatchObject({ image: expect.stringMatching(/^images\//) as string });
});

async function config(name: string, parts: object): Promise<string> {
  const path = join(folder, `${name}.json`);
  const schedule = { learningRate: 0.001 };
  const base = { model: 'tiny', data: trajectories, images: 'scenes', steps: 4, batchSize: 2, schedule };
  await writeFile(path, JSON.stringify({ ...base, out: name, ...parts }));
  return path;
}

test.each(['sft', 'rm'])('%s of a compact model on a file of trajectories', async (stage) => {
  const path = await config(`on-${stage}`, {});
  const { loss, model } = await fgamJson('train', stage, '--config', path);
  expect(loss).toBeGreaterThan(0);
  expect(model).toBe(join(folder, `on-${stage}`, 'model'));
  const lines = await readMetrics(join(folder, `on-${stage}`, 'metrics.jsonl'));
  expect(lines.at(-1)).toMatchObject({ step: 4 });
});

test("sft learns to revise a model's own drafts, which make it another run", async () => {
  const drafts = join(folder, 'drafts.jsonl');
  const lines = (await readFile(join(folder, 'scenes', 'questions.jsonl'), 'utf8')).trim().split('\n');
  const questions = lines.map((line) => JSON.parse(line) as { id: string; answer: string });
  const wrong = questions.filter(({ answer }) => answer === 'yes' || answer === 'no');
  const said = wrong.map(({ id, answer }) => ({ question: id, response: answer === 'yes' ? 'no' : 'yes' }));
  await writeFile(drafts, said.map((each) => JSON.stringify(each)).join('\n'));
  const parts = { data: 'scenes', images: undefined, corrections: { share: 0.9 } };
  const run = async (name: string, more: object) =>
    fgamJson('train', 'sft', '--config', await config(name, { ...parts, ...more }));
  const injected = await run('injected', {});
  const own = await run('own', { drafts });
  expect(own['sha256']).not.toBe(injected['sha256']);
});

test('silence is not taught, and the end of a text is none of an answer', async () => {
  const lines = (await readFile(trajectories, 'utf8')).trim().split('\n');
  const [first, second] = lines.map((line) => JSON.parse(line) as object);
  const data = join(folder, 'odd.jsonl');
  const accepted = (final: string) => [{ response: final, feedback: { verdict: 'accept' } }];
  const odd = [
    { ...first, id: 'blank', attempts: accepted(' '), final: ' ', stop: 'accepted' },
    { ...second, id: 'ends', attempts: accepted('a <eos> cat'), final: 'a <eos> cat', stop: 'accepted' },
  ];
  await writeFile(data, odd.map((each) => JSON.stringify(each)).join('\n'));
  const { code, err } = await fgam('train', 'sft', '--config', await config('odd', { data }));
  expect(err).toContain('1 of 2 trajectories left out: no answer in the end');
  expect(code).toBe(0);
});

test.each([
  [
    'stage1',
    { weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 }, images: undefined },
    'data: expected a folder',
  ],
  ['sft', { data: 'scenes' }, 'images: expected a trajectory file'],
  ['sft', { data: 'scenes', images: undefined, drafts: 'd.jsonl' }, 'expected corrections with it'],
  ['sft', { corrections: { share: 0.5, copying: 0.2 } }, 'corrections.copying: expected a scenes folder'],
  ['rm', { evidence: {} }, 'evidence: expected a scenes folder'],
  ['rm', { statements: {} }, 'statements: expected a scenes folder'],
  ['rm', { model: 'new' }, 'model: expected a trained model for a file of trajectories'],
] as const)('%s: %j is refused', async (stage, parts, message) => {
  const { code, err } = await fgam('train', stage, '--config', await config('refused', parts));
  expect(code).toBe(1);
  expect(err).toContain(message);
});
