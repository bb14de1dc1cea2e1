import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BASE_MODEL_FOLDER, MODULE_MODEL_FOLDER } from '@fgam/base-compact';
import { writeScenes } from '@fgam/data';
import { loadAdapter, loadPretrained } from '@fgam/models';
import { beforeAll, expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../models/test-fixtures/${name}`, import.meta.url));
const LLAVA = fixture('tiny-llava');
const BLIP = fixture('tiny-instructblip');
const adapter = { rank: 8 };

let folder: string;
let image: string;
beforeAll(async () => {
  folder = await temporary('adapted');
  await writeScenes({ out: join(folder, 'scenes'), count: 4, seed: 3, split: 'train' });
  await fgamJson('data', 'trajectories', join(folder, 'scenes'), '--out', join(folder, 'corrections'));
  const told = join(folder, 'told');
  await cp(MODULE_MODEL_FOLDER, told, { recursive: true });
  const evidence = JSON.parse(await readFile(join(told, 'evidence.json'), 'utf8')) as Record<string, unknown>;
  // Trained on annotations: no model is known to see as it was told.
  await writeFile(join(told, 'evidence.json'), JSON.stringify({ ...evidence, grounding: undefined }));
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

test('hybrid trains the adapter of a checkpoint by SFT and on by RL, as rl does alone, and every command takes it', async () => {
  const sft = { adapter, steps: 200, batchSize: 8, schedule: { learningRate: 0.02 } };
  // Enough samples that some are read as yes or no, which the oracle tells apart.
  const own = { ...rl, samples: 8, minibatch: 32 };
  const both = await fgamJson(
    'train',
    'hybrid',
    '--config',
    await config('both', { model: LLAVA, sft, rl: own }),
  );
  const [tuned, place] = [join(folder, 'both', 'sft', 'adapter'), join(folder, 'both', 'rl', 'adapter')];
  expect(both).toMatchObject({ sft: { adapter: tuned }, rl: { stage: 'rl', model: LLAVA, adapter: place } });
  const { reward, sha256 } = both['rl'] as {
    readonly reward: { readonly first: number };
    readonly sha256: string;
  };
  expect(reward.first).not.toBe(0);
  const path = await config('alone', { model: LLAVA, adapter: 'both/sft/adapter', ...own });
  expect(await fgamJson('train', 'rl', '--config', path)).toMatchObject({ sha256 });

  const { family } = await loadPretrained(LLAVA, { weights: 'files' });
  const [before, after] = [await loadAdapter(tuned, family), await loadAdapter(place, family)];
  expect(after).toMatchObject(adapter);
  for (const [name, { data }] of Object.entries(after.weights))
    expect(data).not.toEqual(before.weights[name]?.data);

  const asked = ['--model', LLAVA, '--image', image, '--question', 'is there a circle ?'];
  const [said, plain] = [
    await fgamJson('generate', ...asked, '--adapter', place),
    await fgamJson('generate', ...asked),
  ];
  expect(said['logprobs']).not.toEqual(plain['logprobs']);
  const critic = ['--critic', BASE_MODEL_FOLDER, '--rounds', '0'];
  const rectified = await fgamJson('rectify', ...asked, ...critic, '--adapter', place);
  const unadapted = await fgamJson('rectify', ...asked, ...critic);
  expect(rectified['final']).toBe(String(said['text']).trim());
  expect(rectified['final']).not.toBe(unadapted['final']);
});

test('DPO goes on from the adapter that hybrid trained, of a model that reads prompts twice: long ones are cut', async () => {
  const prompts = 'paper-1';
  const sft = { adapter, prompts, steps: 2, batchSize: 2, schedule: { learningRate: 0.01 } };
  const both = await config('hybrid', { model: BLIP, sft, rl: { ...rl, critic: 'compact-grounding' } });
  const result = await fgamJson('train', 'hybrid', '--config', both);
  expect(result).toMatchObject({
    sft: { adapter: join(folder, 'hybrid', 'sft', 'adapter') },
    rl: { model: BLIP, adapter: join(folder, 'hybrid', 'rl', 'adapter') },
  });
  const dpo = await config('dpo', {
    data: 'corrections/trajectories.jsonl',
    images: 'scenes',
    model: BLIP,
    prompts,
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

test('hybrid is not begun for a checkpoint that RL does not train, nor by a reward that sees nothing', async () => {
  const sft = { adapter, steps: 2, batchSize: 2, schedule: { learningRate: 0.01 } };
  const refusedBy = async (name: string, parts: object): Promise<string> => {
    const { err } = await fgam('train', 'hybrid', '--config', await config(name, { sft, ...parts }));
    expect(existsSync(join(folder, name))).toBe(false);
    return err;
  };
  expect(await refusedBy('stop-text', { model: fixture('tiny-minigpt4'), rl })).toContain(
    'expected a checkpoint whose answers end with a token, got minigpt4',
  );
  const blind = { model: LLAVA, rl: { ...rl, critic: 'text:told' } };
  expect(await refusedBy('blind', blind)).toContain('critic: expected a module trained on the evidence');
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
    /critic: expected oracle, .* has no region-text heads, got grounded/,
  ],
  [
    'an auditor by heads that it has not',
    { model: LLAVA, adapter, auditor: 'grounded' },
    /auditor: expected oracle, .* has no region-text heads, got grounded/,
  ],
  [
    'a module of evidence that nobody sees',
    { model: LLAVA, adapter, critic: 'text:told' },
    /critic: expected a module trained on the evidence of compact-grounding .* got text:.*told; take text:compact-module/,
  ],
])('%s is refused', async (_, parts, message) => {
  const path = await config('refused', { ...rl, ...parts });
  const { code, err } = await fgam('train', 'rl', '--config', path);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});
