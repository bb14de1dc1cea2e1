import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FgamModel } from '@fgam/models';
import { beforeAll, expect, test } from 'vitest';
import { readMetrics } from '../metrics.js';
import { createTinyModel, saveColour } from '../tiny-model.test-support.js';
import { train } from '../train.js';
import { expectResumes } from '../expect-resumes.test-support.js';
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

test('resumes bit for bit', () =>
  expectResumes(
    // A pair an update: between the two of a pass.
    () => createDpoStep({ ...options(), batchSize: 1 }),
    { out: join(folder, 'resumed'), steps: 5, schedule: SCHEDULE },
    3,
  ));

test('leaves out pairs that say the same, such as words that it does not know, and trains on the others', async () => {
  const [pair] = pairs as [PreferencePair];
  const unknown = { ...pair, id: 'q7', chosen: 'teal', rejected: 'plum' };
  const step = await createDpoStep({ ...options(), pairs: [unknown, ...pairs] });
  expect(step.leftOut.map(({ id }) => id)).toEqual(['q7']);
  const plain = await createDpoStep(options());
  expect(plain.leftOut).toEqual([]);
  expect(step.identity).toEqual(plain.identity);
  expect((await step.batch(1, {})).inputs).toEqual((await plain.batch(1, {})).inputs);
  await Promise.all([step.dispose?.(), plain.dispose?.()]);
});

test('refuses pairs of which none is left', async () => {
  const [pair] = pairs as [PreferencePair];
  const same = { ...pair, rejected: pair.chosen };
  await expect(createDpoStep({ ...options(), pairs: [same, { ...same, id: 'q7' }] })).rejects.toThrow(
    'dpo: expected a pair of two responses, got the same tokens twice in all 2 (0 ("which colour ?"); q7)',
  );
  await expect(createDpoStep({ ...options(), pairs: [] })).rejects.toThrow(
    'expected examples in every source, got none',
  );
});

test('refuses pairs that are too long, counts them and names the first', async () => {
  const [pair] = pairs as [PreferencePair];
  const room = model.config.text_config.max_position_embeddings;
  const long = Array.from({ length: 12 }, (_, index) => ({
    ...pair,
    id: `q${index}`,
    chosen: 'red '.repeat(room),
  }));
  const { message } = await createDpoStep({ ...options(), pairs: [...pairs, ...long] }).then(
    () => ({ message: '' }),
    (error: Error) => error,
  );
  expect(message).toMatch(/got 12 longer ones: q0 has \d+; .*q9 has \d+; \.\.\.; shorten/);
  expect(message).not.toContain('q10');
});
