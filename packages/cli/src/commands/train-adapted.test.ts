import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BASE_MODEL_FOLDER } from '@fgam/base-compact';
import { writeScenes } from '@fgam/data';
import { loadAdapter, loadPretrained } from '@fgam/models';
import { beforeAll, expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../models/test-fixtures/${name}`, import.meta.url));
const LLAVA = fixture('tiny-llava');
const BLIP = fixture('tiny-instructblip');
const adapter = { rank: 2, targets: ['q_proj', 'v_proj'] };

let folder: string;
let image: string;
beforeAll(async () => {
  folder = await temporary('adapted');
  await writeScenes({ out: join(folder, 'scenes'), count: 4, seed: 3, split: 'train' });
  await fgamJson('data', 'trajectories', join(folder, 'scenes'), '--out', join(folder, 'corrections'));
  image = join(folder, 'scenes', 'images', '000000000001.png');
});

async function config(name: string, parts: object): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify({ data: 'scenes', out: name, ...parts }));
  return path;
}

const rl = {
  steps: 2,
  critic: 'oracle',
  kinds: ['existence'],
  questions: 4,
  minibatch: 4,
  epochs: 1,
  maxTokens: 4,
  schedule: { learningRate: 0.01 },
  // An untrained model says anything.
  alarms: { length: 50, refusals: 1, yesRatio: 1 },
};

test('rl trains the adapter of a checkpoint, resumes bit for bit, and every command takes it', async () => {
  const path = await config('rl', { model: LLAVA, adapter, ...rl });
  const part = await config('rl-parts', { model: LLAVA, adapter, ...rl });
  const whole = await fgamJson('train', 'rl', '--config', path);
  expect(whole).toMatchObject({ stage: 'rl', model: LLAVA, adapter: join(folder, 'rl', 'adapter') });
  const again = await fgamJson('train', 'rl', '--config', part);
  expect(again['sha256']).toBe(whole['sha256']);
  const place = String(whole['adapter']);
  const { family } = await loadPretrained(LLAVA, { weights: 'files' });
  const learnt = await loadAdapter(place, family);
  expect(learnt).toMatchObject(adapter);
  const ups = Object.entries(learnt.weights).filter(([name]) => name.includes('lora_B'));
  for (const [, { data }] of ups) expect(Math.hypot(...data)).toBeGreaterThan(0);
  const asked = ['--model', LLAVA, '--image', image, '--question', 'is there a circle ?'];
  const said = await fgamJson('generate', ...asked, '--adapter', place, '--max-tokens', '4');
  const plain = await fgamJson('generate', ...asked, '--max-tokens', '4');
  expect(said['logprobs']).not.toEqual(plain['logprobs']);
  const critic = ['--critic', BASE_MODEL_FOLDER, '--rounds', '0'];
  const rectified = await fgamJson('rectify', ...asked, ...critic, '--adapter', place);
  const unadapted = await fgamJson('rectify', ...asked, ...critic);
  const whole96 = await fgamJson('generate', ...asked, '--adapter', place);
  expect(String(rectified['final'])).toBe(String(whole96['text']).trim());
  expect(rectified['final']).not.toBe(unadapted['final']);
});

test('hybrid goes on from the adapter that SFT trained, and DPO trains one too', async () => {
  const sft = { adapter, steps: 2, batchSize: 2, schedule: { learningRate: 0.01 } };
  const both = await config('hybrid', { model: BLIP, sft, rl });
  const result = await fgamJson('train', 'hybrid', '--config', both);
  expect(result).toMatchObject({
    sft: { adapter: join(folder, 'hybrid', 'sft', 'adapter') },
    rl: { model: BLIP, adapter: join(folder, 'hybrid', 'rl', 'adapter') },
  });
  const dpo = await config('dpo', {
    data: 'corrections/trajectories.jsonl',
    images: 'scenes',
    model: BLIP,
    adapter: 'hybrid/rl/adapter',
    steps: 2,
    batchSize: 2,
    schedule: { learningRate: 0.01 },
  });
  const preferred = await fgamJson('train', 'dpo', '--config', dpo);
  expect(preferred).toMatchObject({ adapter: join(folder, 'dpo', 'adapter') });
  const { family } = await loadPretrained(BLIP, { weights: 'files' });
  const [before, after] = [
    await loadAdapter(join(folder, 'hybrid', 'rl', 'adapter'), family),
    await loadAdapter(join(folder, 'dpo', 'adapter'), family),
  ];
  expect(Object.keys(after.weights)).toEqual(Object.keys(before.weights));
  expect(after.weights).not.toEqual(before.weights);
});

test.each([
  ['a checkpoint without an adapter', { model: LLAVA }, /adapter: expected one, such as/],
  [
    'an adapter of another model',
    { model: 'compact-base', adapter },
    /adapter: expected a folder of the Hugging Face hub/,
  ],
  [
    'a critic by heads that it has not',
    { model: LLAVA, adapter, critic: 'grounded' },
    /has no region-text heads, got grounded/,
  ],
])('%s is refused', async (_, parts, message) => {
  const path = await config('refused', { ...rl, ...parts });
  const { code, err } = await fgam('train', 'rl', '--config', path);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});
