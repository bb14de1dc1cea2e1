import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Region, RegionSample } from '@fgam/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEFT, RIGHT, twoSquares } from '../captioner/captioner.test-support.js';
import { TINY_CLIP } from '../clip/clip.test-support.js';
import { type ClipScorer, createClipScorer } from '../clip/create-clip-scorer.js';
import { without } from '../without.js';
import { filterSamples, type SampleFilter } from './filter-samples.js';

const region = (id: string, description: string, box: Region['box'] = LEFT): Region => ({
  ...{ id, box, label: 'thing', description, source: 'hand' },
});
const sample = (id: string, more: Partial<RegionSample> = {}): RegionSample => ({
  ...{ id, image: `${id}.png`, width: 80, height: 40, regions: [] },
  ...more,
});

/** What stays, and what goes as `what id reason`. */
async function run(samples: Iterable<RegionSample>, filter: SampleFilter) {
  const [kept, dropped]: [RegionSample[], string[]] = [[], []];
  const onDrop: SampleFilter['onDrop'] = ({ what, sample: of, region: id, reason }) =>
    dropped.push(`${what} ${id ?? of.id} ${reason}`);
  for await (const each of filterSamples(samples, { ...filter, onDrop })) kept.push(each);
  return { kept, dropped };
}

describe('images and lengths', () => {
  it('leaves out images that are small or too long', async () => {
    const samples = [
      sample('a'),
      sample('b', { width: 79 }),
      sample('c', { height: 39 }),
      sample('d', { width: 121 }),
      sample('e', { width: 120 }),
      sample('f', { width: 80, height: 241 }),
    ];
    const { kept, dropped } = await run(samples, { minWidth: 80, minHeight: 40, maxAspect: 3 });
    expect(kept).toEqual([samples[0], samples[4]]);
    expect(dropped).toEqual([
      'sample b small-image',
      'sample c small-image',
      'sample d aspect',
      'sample f aspect',
    ]);
  });

  it('leaves out texts that are short or long, and a sample of which no text is left', async () => {
    const relations = [
      { subject: '1', relation: 'left-of', object: '2' },
      { subject: '1', relation: 'above', object: '3' },
    ] as const;
    const regions = [region('1', 'a red cup'), region('2', 'cup'), region('3', 'one two three')];
    const samples = [
      sample('a', { caption: 'too short', regions, relations }),
      sample('b', { caption: ' one  two\nthree ', regions: [region('1', 'cup')] }),
      sample('c', { caption: 'word', regions: [region('1', 'one two three four five')] }),
      sample('d'),
    ];
    const { kept, dropped } = await run(samples, { minWords: 3, maxWords: 4 });
    const bare = without(samples[0] as RegionSample, 'caption');
    expect(kept).toEqual([
      { ...bare, regions: [regions[0], regions[2]], relations: [relations[1]], incomplete: ['thing'] },
      { ...samples[1], regions: [], incomplete: ['thing'] },
      // It had no text: nothing of it failed.
      samples[3],
    ]);
    expect(dropped).toEqual([
      'caption a caption-length',
      'region 2 description-length',
      'region 1 description-length',
      'caption c caption-length',
      'region 1 description-length',
      'sample c description-length',
    ]);
  });

  it('looks at the texts that it is told to', async () => {
    const samples = [sample('a', { caption: 'word', regions: [region('1', 'cup')] })];
    expect((await run(samples, { minWords: 2, texts: 'captions' })).dropped).toEqual([
      'caption a caption-length',
    ]);
    expect((await run(samples, { minWords: 2, texts: 'descriptions' })).dropped).toEqual([
      'region 1 description-length',
    ]);
  });

  it('refuses limits that are none, all at once, and stops when it is told to', async () => {
    await expect(run([], { maxAspect: 0.5, minWords: 5, maxWords: 2 })).rejects.toMatchObject({
      code: 'label/bad-config',
      message: expect.stringContaining('maxAspect') as string,
    });
    await expect(run([], { minWords: 5, maxWords: 2 })).rejects.toThrow('minWords: more than maxWords');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(run([sample('a')], { minWidth: 1, signal })).rejects.toThrow('enough');
  });
});

describe('CLIP scores', () => {
  let scorer: ClipScorer;
  let image: string;
  let broken: string;
  beforeAll(async () => {
    scorer = await createClipScorer({ model: TINY_CLIP });
    const folder = await mkdtemp(join(tmpdir(), 'filter-'));
    image = join(folder, 'a.png');
    broken = join(folder, 'b.png');
    await writeFile(image, await twoSquares('#f00', '#00f'));
    await writeFile(broken, 'no image');
  });
  afterAll(() => scorer.release());

  it('leave out texts that do not fit, and stay with those that do', async () => {
    const samples = [
      sample('a', { image, regions: [region('1', 'a red square'), region('2', 'a red square', RIGHT)] }),
      sample('b', { image: broken, regions: [region('1', 'a red square')] }),
      sample('c', { image, regions: [region('1', 'a blue circle')] }),
      sample('d', { image, caption: 'a red square' }),
    ];
    const clip = { scorer, minScore: 0.4 };
    const { kept, dropped } = await run(samples, { clip });
    expect(dropped).toEqual([
      'region 2 low-clip-score',
      'sample b bad-image',
      'region 1 low-clip-score',
      'sample c low-clip-score',
      'caption d low-clip-score',
      'sample d low-clip-score',
    ]);
    const [[[right = 0] = []] = []] = await scorer.score([{ image, boxes: [LEFT], texts: ['a red square'] }]);
    expect(right).toBeGreaterThan(0.4);
    expect(kept).toEqual([
      {
        ...samples[0],
        incomplete: ['thing'],
        regions: [
          {
            ...region('1', 'a red square'),
            descriptionScore: {
              value: expect.closeTo(right, 5) as number,
              model: 'tiny-clip',
              modelSha256: scorer.modelSha256,
            },
          },
        ],
      },
    ]);
    // The same limit on each side of the score itself.
    const one = [samples[0] as RegionSample];
    expect((await run(one, { clip: { scorer, minScore: right - 1e-4 } })).kept).toHaveLength(1);
    expect((await run(one, { clip: { scorer, minScore: right + 1e-4 } })).kept).toHaveLength(0);
  });

  it('are those of captions alone where captions are asked for', async () => {
    const samples = [
      sample('a', { image, caption: 'a red square', regions: [region('1', 'a blue circle')] }),
    ];
    const { kept, dropped } = await run(samples, { clip: { scorer, minScore: -1 }, texts: 'captions' });
    expect(dropped).toEqual([]);
    expect(kept[0]?.captionScore?.model).toBe('tiny-clip');
    expect(kept[0]?.regions).toEqual(samples[0]?.regions);
  });
});
