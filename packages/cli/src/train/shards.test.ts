import { join } from 'node:path';
import { buildShards, type RegionSample, writeScenes } from '@fgam/data';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { temporary, tinyModel } from '../commands/command.test-support.js';
import { newShardModel } from './shard-model.js';
import { shardSource } from './shard-source.js';
import { readTrainingData, type ShardImageSample } from './training-data.js';
import { trainingSources } from './training-sources.js';
import type { TrainConfig } from './train-config.js';

let folder: string;
let samples: RegionSample[];

beforeAll(async () => {
  folder = await temporary('train-shards');
  await writeScenes({ out: join(folder, 'scenes'), count: 1, seed: 1, split: 'train' });
  const image = join(folder, 'scenes', 'images', '000000000001.png');
  const region = { box: { x0: 0, y0: 0, x1: 0.5, y1: 1 }, source: 'test' };
  samples = [
    {
      id: 'a',
      image,
      width: 64,
      height: 64,
      caption: 'A dog, barking.',
      regions: [{ ...region, id: '1', label: 'dog', description: 'a brown dog' }],
    },
    { id: 'b', image, width: 64, height: 64, regions: [] },
  ];
});

async function shardsOf(name: string, of: readonly RegionSample[], options: { validation?: number } = {}) {
  const out = join(folder, name);
  await buildShards({ samples: of, out, imageSize: 32, validation: 0, ...options });
  return out;
}

async function read(out: string): Promise<readonly ShardImageSample[]> {
  const data = await readTrainingData(out);
  if (data.kind !== 'shards') throw new Error('expected shards');
  return data.samples;
}

function config(parts: Partial<TrainConfig>): TrainConfig {
  return {
    stage: 'stage1',
    data: 'shards',
    model: 'new',
    out: 'out',
    steps: 1,
    batchSize: 1,
    seed: 1,
    schedule: { learningRate: 1 },
    optimizer: {},
    weights: { tokens: 0, global: 1, regionText: 1, spatial: 0 },
    ...parts,
  };
}

describe('readTrainingData', () => {
  test('holds the training split’s encoded images and their size', async () => {
    const data = await readTrainingData(await shardsOf('whole', samples));
    expect(data).toMatchObject({ kind: 'shards', imageSize: 32 });
    expect((await read(join(folder, 'whole'))).map(({ sample }) => sample.id)).toEqual(['a', 'b']);
  });

  test('refuses shards without a training split', async () => {
    await expect(readTrainingData(await shardsOf('held', samples, { validation: 1 }))).rejects.toMatchObject({
      code: 'data/empty',
    });
  });
});

describe('newShardModel', () => {
  test('knows captions, labels, descriptions and feedback, and reads the shards’ image size', async () => {
    const model = newShardModel(await read(await shardsOf('words', samples)), { imageSize: 32, seed: 1 });
    const unknown = ['barking', 'brown', 'describe', 'corrections', 'zebra'].filter(
      (word) => model.tokenizer.tokenId(word) === undefined,
    );
    expect(unknown).toEqual(['zebra']);
    expect(model.config.vision_config.image_size).toBe(32);
  });
});

describe('shardSource', () => {
  test('has rows as long as the longest caption, and counts captions beyond any row', async () => {
    const shards = await read(await shardsOf('rows', samples));
    const encode = (text: string) => text.split(' ').map((word) => word.length);
    expect(shardSource(shards, encode)).toMatchObject({ source: { length: 32 }, longCaptions: 0 });
    const [first] = shards as [ShardImageSample];
    const long = { ...first, sample: { ...first.sample, caption: 'word '.repeat(40).trim() } };
    expect(shardSource([long], encode)).toMatchObject({ source: { length: 64 }, longCaptions: 0 });
    const longest = { ...first, sample: { ...first.sample, caption: 'word '.repeat(400).trim() } };
    expect(shardSource([first, longest], encode)).toMatchObject({ source: { length: 32 }, longCaptions: 1 });
  });
});

describe('trainingSources of shards', () => {
  test('stage 1 keeps images without a caption, SFT leaves them out', async () => {
    const data = await readTrainingData(await shardsOf('sources', samples));
    const [stage1] = await trainingSources(config({}), data, tinyModel());
    expect(stage1?.examples).toHaveLength(2);
    const answers = { tokens: 1, global: 0, regionText: 0, spatial: 0 };
    const [sft] = await trainingSources(config({ stage: 'sft', weights: answers }), data, tinyModel());
    expect(sft?.examples.map(({ segments }) => segments)).toEqual([
      [{ prompt: 'User: describe the image . Assistant:', answer: 'A dog, barking.' }],
    ]);
  });

  test('refuses a weight that the data has nothing for, all at once', async () => {
    const data = await readTrainingData(await shardsOf('bare', samples.slice(1)));
    const weights = { tokens: 1, global: 1, regionText: 1, spatial: 1 };
    const sources = trainingSources(config({ weights }), data, tinyModel());
    await expect(sources).rejects.toMatchObject({ code: 'data/empty' });
    await expect(sources).rejects.toThrow(
      /weights\.tokens.*weights\.global.*weights\.regionText.*weights\.spatial/,
    );
  });

  test('with HACL images have wrong captions by their annotation; without any it is refused', async () => {
    const hacl = { weights: { tokens: 1, global: 0, regionText: 0, spatial: 0, hacl: 0.5 } };
    const [{ regions, ...first }] = samples as [RegionSample];
    const cat = { ...regions[0], id: '2', label: 'cat', description: 'a cat' } as (typeof regions)[number];
    const other = { ...first, id: 'c', caption: 'A cat.', regions: [cat] };
    const data = await readTrainingData(await shardsOf('wrong', [...samples, other]));
    const [source] = await trainingSources(config(hacl), data, tinyModel());
    expect(source?.examples.map(({ wrongCaptions }) => wrongCaptions)).toEqual([
      ['A cat, barking.'],
      [],
      ['A dog.'],
    ]);
    const [plain] = await trainingSources(config({}), data, tinyModel());
    expect(plain?.examples[0]).not.toHaveProperty('wrongCaptions');
    // One name alone has none to be taken for.
    const alone = await readTrainingData(await shardsOf('alone', samples));
    await expect(trainingSources(config(hacl), alone, tinyModel())).rejects.toThrow(
      /weights\.hacl: expected captions that can be made wrong/,
    );
    const bare = await readTrainingData(await shardsOf('bare-hacl', samples.slice(1)));
    await expect(trainingSources(config(hacl), bare, tinyModel())).rejects.toThrow(
      /weights\.tokens.*weights\.hacl: expected captions in the training split/,
    );
  });

  test('refuses columns of negatives where no description can be made wrong', async () => {
    const data = await readTrainingData(await shardsOf('no-columns', samples));
    const columns = config({ negatives: { columns: true, vocabulary: { size: ['small', 'large'] } } });
    await expect(trainingSources(columns, data, tinyModel())).rejects.toThrow(/negatives\.columns: expected/);
  });

  test('refuses corrections, which need questions', async () => {
    const data = await readTrainingData(await shardsOf('questions', samples));
    for (const parts of [{ stage: 'rm' }, { stage: 'sft', corrections: { share: 0.5 } }] as const)
      await expect(trainingSources(config(parts), data, tinyModel())).rejects.toMatchObject({
        code: 'fgam/bad-config',
      });
  });

  test('refuses pooling by masks where there are none, and says how many there are', async () => {
    const pooled = config({ regionPooling: 'mask' });
    const bare = await readTrainingData(await shardsOf('unmasked', samples));
    await expect(trainingSources(pooled, bare, tinyModel())).rejects.toThrow(/regionPooling: expected masks/);
    const [{ regions, ...first }] = samples as [RegionSample];
    const mask = { kind: 'polygons', polygons: [[0, 0, 0.5, 0, 0.5, 1]] } as const;
    const masked = {
      ...first,
      regions: [...regions, ...regions.map((region) => ({ ...region, id: '2', mask }))],
    };
    const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      await trainingSources(pooled, await readTrainingData(await shardsOf('masked', [masked])), tinyModel());
      expect(said.mock.calls.join()).toContain(
        '1 of 2 regions are pooled by their masks, the others by their boxes',
      );
    } finally {
      said.mockRestore();
    }
  });
});
