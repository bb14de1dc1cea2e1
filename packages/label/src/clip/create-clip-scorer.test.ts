import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
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

  it('gives empty lists for what is empty', async () => {
    const image = await twoSquares('#f00', '#00f');
    expect(await scorer.score([])).toEqual([]);
    expect(
      await scorer.score([
        { image, boxes: [], texts: ['a'] },
        { image, boxes: [LEFT], texts: [] },
      ]),
    ).toEqual([[], [[]]]);
  });

  it('refuses what is no image, and rejects with the reason of an aborted signal', async () => {
    const request = { image: new Uint8Array([1, 2]), boxes: [whole], texts: ['a'] };
    await expect(scorer.score([request])).rejects.toMatchObject({ code: 'label/bad-image' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(scorer.score([request], { signal })).rejects.toThrow('enough');
  });
});

describe('createClipScorer', () => {
  it('remembers scores', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clip-'));
    const image = await twoSquares('#f00', '#00f');
    const request = [{ image, boxes: [LEFT], texts: ['a red square'] }];
    const first = await createClipScorer({ model: TINY_CLIP, cache: folder });
    const scores = await first.score(request);
    await first.release();
    const second = await createClipScorer({ model: TINY_CLIP, cache: folder });
    // Its model is gone: what it says it remembers.
    await second.release();
    expect(await second.score(request)).toEqual(scores);
    // The library says so on the console, too.
    const console = vi.spyOn(globalThis.console, 'error').mockReturnValue();
    await expect(second.score([{ image, boxes: [RIGHT], texts: ['a red square'] }])).rejects.toThrow();
    console.mockRestore();
    await rm(folder, { recursive: true });
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
