import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compactConfig,
  createTokenizer,
  createWeights,
  type FgamModel,
  vocabularyFromTexts,
} from '@fgam/models';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { fileSha256 } from '../checkpoint.js';
import { readMetrics } from '../metrics.js';
import { train } from '../train.js';
import { createDpoStep, type PreferencePair } from './dpo-step.js';

const PROMPT = 'which colour ?';
let folder: string;
let model: FgamModel;
let pairs: PreferencePair[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-dpo-'));
  const tokenizer = createTokenizer(vocabularyFromTexts([PROMPT, 'red blue']));
  const side = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
  const config = compactConfig({
    vision_config: { image_size: 16, ...side },
    text_config: { vocab_size: tokenizer.size, ...side },
    fgam: { embed_dim: 8, relation_hidden_size: 8, connector_merge: 1 },
  });
  model = { config, tokenizer, weights: createWeights(config, 1) };
  pairs = await Promise.all(
    (['red', 'blue'] as const).map(async (background): Promise<PreferencePair> => {
      const image = join(folder, `${background}.png`);
      await sharp({ create: { width: 16, height: 16, channels: 3, background } })
        .png()
        .toFile(image);
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
  const run = async (name: string, stops: readonly number[]): Promise<string> => {
    let checkpoint = '';
    for (const stopAt of stops)
      ({ checkpoint } = await train({
        step: await createDpoStep(options()),
        out: join(folder, name),
        steps: 6,
        stopAt,
        schedule: SCHEDULE,
        resume: true,
      }));
    return fileSha256(join(checkpoint, 'model.safetensors'));
  };
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
