import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { readTrainConfig, type TrainStage } from './train-config.js';

const recipes = fileURLToPath(new URL('../../recipes', import.meta.url));
const weights = { tokens: 0, global: 1, regionText: 0.2, spatial: 0.1 };
const whole = {
  data: 'data/scenes',
  model: 'models/one',
  out: '../out',
  steps: 10,
  batchSize: 4,
  schedule: { learningRate: 0.001 },
};

let folder: string;

beforeAll(async () => {
  folder = join(await temporary('config'));
});

async function write(content: unknown): Promise<string> {
  const path = join(folder, 'config.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('readTrainConfig', () => {
  test('takes paths from the file’s folder, the command line’s from the working folder', async () => {
    const path = await write({ ...whole, weights, optimizer: { weightDecay: 0 } });
    expect(await readTrainConfig('stage1', path)).toEqual({
      stage: 'stage1',
      data: join(folder, 'data/scenes'),
      model: join(folder, 'models/one'),
      out: join(folder, '../out'),
      steps: 10,
      batchSize: 4,
      seed: 1,
      schedule: { learningRate: 0.001 },
      optimizer: { ...COMPACT_OPTIMIZER, weightDecay: 0 },
      weights,
    });
    const given = await readTrainConfig('stage1', path, { out: 'here', steps: 3, seed: 9, model: 'other' });
    const here = (name: string): string => join(process.cwd(), name);
    expect(given).toMatchObject({ out: here('here'), steps: 3, seed: 9, model: here('other') });
    expect(await readTrainConfig('stage1', path, { model: 'new' })).toMatchObject({ model: 'new' });
  });

  test.each(['new', 'compact-base', 'compact-minigpt4'])('leaves the model name %s alone', async (model) => {
    expect(await readTrainConfig('sft', await write({ ...whole, model }))).toMatchObject({ model });
  });

  test('SFT and the rectification module have the answers as their one loss', async () => {
    const corrections = { share: 0.5 };
    const sft = await readTrainConfig('sft', await write({ ...whole, corrections }));
    expect(sft).toMatchObject({ weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 }, corrections });
    const rm = await readTrainConfig('rm', await write({ ...whole, drafts: 'd.jsonl', wrongShare: 0.3 }));
    expect(rm).toMatchObject({ drafts: join(folder, 'd.jsonl'), wrongShare: 0.3 });
  });

  test.each<[TrainStage, object, RegExp]>([
    ['stage1', {}, /weights: expected an object, got nothing/],
    [
      'stage1',
      { weights: { ...weights, global: undefined } },
      /weights\.global: expected a number, got nothing/,
    ],
    ['stage1', { weights: { tokens: 0, global: 0, regionText: 0, spatial: 0 } }, /weights: expected a part/],
    ['stage1', { weights, corrections: { share: 0.5 } }, /corrections: unknown key/],
    ['sft', { weights }, /weights: unknown key/],
    ['sft', { microBatches: 3 }, /microBatches: expected a divisor of batchSize 4, got 3/],
    ['sft', { corrections: { share: 0 } }, /corrections\.share/],
    ['sft', { corrections: { share: 0.6, copying: 0.5 } }, /share and copying to be 1 at most/],
    ['rm', { maxRegions: 3 }, /maxRegions: unknown key/],
    ['sft', { regionPooling: 'mask' }, /regionPooling: unknown key/],
    ['stage1', { regionPooling: 'masks' }, /regionPooling: /],
    [
      'stage1',
      {
        weights: { ...weights, hardNegatives: 1 },
        negatives: { photos: true, vocabulary: { a: ['b', 'c'] } },
      },
      /not both/,
    ],
    [
      'stage1',
      { weights, negatives: { columns: false } },
      /negatives: expected weights\.hardNegatives above 0/,
    ],
    [
      'stage1',
      { weights: { ...weights, regionText: 0 }, negatives: { columns: true } },
      /negatives\.columns: expected weights\.regionText above 0/,
    ],
    ['stage1', { weights, wrongCaptions: 2 }, /wrongCaptions: expected weights\.hacl above 0/],
    ['stage1', { weights: { ...weights, hacl: -1 } }, /weights\.hacl: /],
    ['stage1', { weights, heads: { relation_head: 'x' } }, /heads\.relation_head: unknown key/],
    ['stage1', { weights, relations: { overlapIou: 2 } }, /relations\.overlapIou/],
    ['sft', { heads: {} }, /heads: unknown key/],
    ['rm', { schedule: { learningRate: -1 } }, /schedule\.learningRate/],
    ['rm', { steps: 0.5 }, /steps/],
    ['rm', { seed: 'one' }, /seed: expected/],
  ])('%s refuses %j', async (stage, parts, fault) => {
    await expect(readTrainConfig(stage, await write({ ...whole, ...parts }))).rejects.toMatchObject({
      code: 'fgam/bad-config',
      message: expect.stringMatching(fault) as string,
    });
  });

  test('takes every option of stage 1’s losses and heads', async () => {
    const options = {
      weights: { ...weights, hardNegatives: 0.1, spatialText: 0.1, hacl: 0.5 },
      negatives: { count: 2, columns: true },
      wrongCaptions: 2,
      relations: { overlapIou: 0.2, ambiguity: 0.1, maxDistance: 0.5 },
      maxRegions: 4,
      regionPooling: 'mask',
      heads: {
        relation_features: 'interactive',
        relation_hidden_size: 64,
        relation_transformer: { num_hidden_layers: 2, num_attention_heads: 4 },
        text_pooling: 'last',
        text_tower: { hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4 },
        hacl_embed_dim: 32,
      },
    };
    expect(await readTrainConfig('stage1', await write({ ...whole, ...options }))).toMatchObject(options);
  });

  test('names every option that the weights make pointless at once', async () => {
    const nothing = { tokens: 1, global: 0, regionText: 0, spatial: 0 };
    const heads = { relation_transformer: {}, text_tower: { hidden_size: 8 }, hacl_embed_dim: 8 };
    const options = { negatives: { columns: true }, wrongCaptions: 1, relations: { ambiguity: 0 }, heads };
    const { message } = await readTrainConfig(
      'stage1',
      await write({ ...whole, weights: nothing, ...options }),
    ).then(
      () => ({ message: '' }),
      (error: Error) => error,
    );
    for (const key of [
      'negatives.columns',
      'wrongCaptions',
      'relations',
      ...Object.keys(heads).map((head) => `heads.${head}`),
    ])
      expect(message).toContain(`${key}: expected weights.`);
  });

  test('names every fault at once, and the file', async () => {
    const path = await write({ data: 3, schedule: { warmup: -1 }, speed: 'high' });
    const { message } = await readTrainConfig('rm', path).then(
      () => ({ message: '' }),
      (error: Error) => error,
    );
    expect(message).toContain(path);
    const faults = ['data: ', 'model: ', 'out: ', 'steps: ', 'batchSize: ', 'schedule.learningRate: '];
    for (const fault of [...faults, 'schedule.warmup: ', 'speed: unknown key'])
      expect(message).toContain(fault);
  });

  test('names line and column of broken JSON, and what is no object', async () => {
    await expect(readTrainConfig('rm', await write('{\n  "data": "x",\n  oops\n}'))).rejects.toMatchObject({
      code: 'data/bad-json',
      message: expect.stringContaining('config.json:3:3') as string,
    });
    await expect(readTrainConfig('rm', await write('[]'))).rejects.toThrow(
      /config: expected an object, got an array/,
    );
    await expect(readTrainConfig('rm', join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'data/missing-file',
    });
  });
});

test('the recipes that are shipped are configs of their stage', async () => {
  const files = await readdir(recipes);
  expect(files.sort()).toEqual([
    'coco-stage1.json',
    'scenes-dpo.json',
    'scenes-hacl-stage1.json',
    'scenes-hybrid.json',
    'scenes-rl.json',
    'scenes-rm.json',
    'scenes-sft.json',
    'scenes-stage1.json',
  ]);
  for (const file of files) {
    const stage = /-(stage1|sft|rm)\.json$/.exec(file)?.[1] as TrainStage | undefined;
    // Those of reinforcement are read in train-rl.test.ts.
    if (stage === undefined) continue;
    expect(await readTrainConfig(stage, join(recipes, file))).toMatchObject({ stage });
  }
});
