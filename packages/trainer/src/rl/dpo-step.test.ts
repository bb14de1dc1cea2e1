import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FgamModel } from '@fgam/models';
import { beforeAll, expect, test } from 'vitest';
import { readMetrics } from '../metrics.js';
import { createTinyModel, saveColour } from '../tiny-model.test-support.js';
import { train } from '../train.js';
import { trainInParts } from '../train-in-parts.test-support.js';
import { createDpoStep, type PreferencePair } from './dpo-step.js';

const PROMPT = 'which colour ?';
let folder: string;
let model: FgamModel;
let pairs: PreferencePair[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-dpo-'));
  model = createTinyModel([PROMPT, 'red blue']);
  pairs = await Promise.all(
    (['red', 'blue'] as const).map(async (background): Promise<PreferencePair> => {
      const image = await saveColour(join(folder, `${background}.png`), background);
      return { image, prompt: PROMPT, chosen: background, rejected: background === 'red' ? 'blue' : 'red' };
    }),
  );
});

const options = () => ({ name: 'dpo', model, pairs, batchSize: 2, seed: 1 });
const SCHEDULE = { learningRate: 5e-3 };

test('begins at log 2, and learns to prefer what the image shows', async () => {
  const out = join(folder, 'run');
  const { weights } = await train({
    step: await createDpoStep(options()),
    out,
    steps: 60,
    schedule: SCHEDULE,
    logEvery: 1,
  });
  const lines = await readMetrics(join(out, 'metrics.jsonl'));
  expect(lines[0]?.loss).toBeCloseTo(Math.log(2), 5);
  expect(lines[0]?.parts['margin']).toBeCloseTo(0, 5);
  expect(lines.at(-1)?.parts['accuracy']).toBe(1);
  expect(lines.at(-1)?.loss).toBeLessThan(0.3);
  expect(Object.keys(weights).sort()).toEqual(Object.keys(model.weights).sort());
});

test('resumes bit for bit', async () => {
  const run = (name: string, stops: readonly number[]): Promise<string> =>
    trainInParts(
      () => createDpoStep(options()),
      { out: join(folder, name), steps: 6, schedule: SCHEDULE },
      stops,
    );
  expect(await run('stopped', [3, 6])).toBe(await run('whole', [6]));
});

test('refuses pairs that say the same', async () => {
  const [pair] = pairs as [PreferencePair];
  await expect(createDpoStep({ ...options(), pairs: [{ ...pair, rejected: pair.chosen }] })).rejects.toThrow(
    'dpo: pair 0 ("which colour ?"): expected two responses, got the same tokens twice',
  );
  await expect(createDpoStep({ ...options(), pairs: [] })).rejects.toThrow(
    'expected examples in every source, got none',
  );
});
