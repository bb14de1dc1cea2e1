import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cacache from 'cacache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { regionTextScorerContract } from '../../../data/src/region-text-scorer-contract.test-support.js';
import { LEFT, RIGHT, TINY_FLORENCE, twoSquares } from '../captioner/captioner.test-support.js';
import { TINY_CLIP } from './clip.test-support.js';
import { type ClipScorer, createClipScorer } from './create-clip-scorer.js';

/** What transformers' CLIPModel said in Python, at `tools/make-tiny-clip.py`. */
const expected = JSON.parse(await readFile(join(TINY_CLIP, 'expected.json'), 'utf8')) as {
  readonly images: readonly string[];
  readonly texts: readonly string[];
  readonly cosines: readonly (readonly number[])[];
};
const whole = { x0: 0, y0: 0, x1: 1, y1: 1 };

/** A folder with files of two images. */
async function imageFolder(): Promise<{
  readonly folder: string;
  readonly images: readonly [string, string];
}> {
  const folder = await mkdtemp(join(tmpdir(), 'clip-'));
  const images = [join(folder, '1.png'), join(folder, '2.png')] as const;
  await writeFile(images[0], await twoSquares('#f00', '#00f'));
  await writeFile(images[1], await twoSquares('#ff0', '#0f0'));
  return { folder, images };
}

const { folder, images } = await imageFolder();
afterAll(() => rm(folder, { recursive: true }));
for (const [name, options] of [
  ['CLIP', {}],
  ['CLIP that remembers', { batchSize: 2, cache: join(folder, 'cache') }],
] as const)
  regionTextScorerContract(name, {
    async make() {
      const made = await createClipScorer({ model: TINY_CLIP, ...options });
      return { name: made.name, score: made.score.bind(made), dispose: () => made.release() };
    },
    images,
    texts: ['a red square', 'a blue circle', 'a green square'],
  });

let scorer: ClipScorer;
beforeAll(async () => {
  scorer = await createClipScorer({ model: TINY_CLIP });
});
afterAll(() => scorer.release());

describe('the tiny CLIP', () => {
  it('gives the cosines that it gives in Python, for a text that is cut, too', async () => {
    expect(expected.texts.at(-1)?.split(' ').length).toBeGreaterThan(8);
    const requests = expected.images.map((image) => ({
      image: join(TINY_CLIP, image),
      boxes: [whole],
      texts: expected.texts,
    }));
    const scores = await scorer.score(requests);
    for (const [i, [row = []]] of scores.entries())
      for (const [j, score] of row.entries()) expect(score).toBeCloseTo(expected.cosines[i]?.[j] ?? NaN, 5);
    // One by one, and in small batches.
    const small = await createClipScorer({ model: TINY_CLIP, batchSize: 2 });
    for (const [i, request] of requests.entries()) {
      const [[row = []] = []] = await small.score([request]);
      for (const [j, score] of row.entries()) expect(score).toBeCloseTo(scores[i]?.[0]?.[j] ?? NaN, 5);
    }
    await small.release();
  });

  it('scores regions by texts, and each region by what it shows', async () => {
    const image = await twoSquares('#f00', '#00f');
    const [rows] = await scorer.score([
      { image, boxes: [LEFT, RIGHT], texts: ['a red square', 'a blue square', 'a yellow circle'] },
    ]);
    expect(rows).toHaveLength(2);
    expect(rows?.map((row) => row.indexOf(Math.max(...row)))).toEqual([0, 1]);
  });
});

describe('createClipScorer', () => {
  it('remembers scores', async () => {
    const cache = join(folder, 'remembered');
    const image = await twoSquares('#f00', '#00f');
    const request = [{ image, boxes: [LEFT], texts: ['a red square'] }];
    const remembering = await createClipScorer({ model: TINY_CLIP, cache });
    expect(await remembering.score(request)).toEqual(await scorer.score(request));
    // Other numbers in their place come back.
    for (const key of Object.keys(await cacache.ls(cache))) await cacache.put(cache, key, '[[0.125]]');
    expect(await remembering.score(request)).toEqual([[[0.125]]]);
    expect(await remembering.score([{ image, boxes: [RIGHT], texts: ['a red square'] }])).not.toEqual([
      [[0.125]],
    ]);
    await remembering.release();
  });

  it('says what is missing, and refuses other kinds and options', async () => {
    await expect(createClipScorer({ model: tmpdir() })).rejects.toThrow(
      'hf download Xenova/clip-vit-base-patch32',
    );
    await expect(createClipScorer({ model: TINY_FLORENCE })).rejects.toMatchObject({
      code: 'label/bad-model',
    });
    await expect(createClipScorer({ model: TINY_CLIP, batchSize: 0 })).rejects.toMatchObject({
      code: 'label/bad-config',
    });
  });
});
