import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegionTextScorer } from './ports.js';
import type { ImageSource } from './records.js';

/** What a contract suite is run on. */
export interface RegionTextScorerCase {
  /** Called twice; each is disposed of. */
  readonly make: () => Promise<RegionTextScorer & { dispose(): Promise<void> }>;
  /** Files of two images that differ in their left and right halves. */
  readonly images: readonly [string, string];
  /** Three that differ. */
  readonly texts: readonly [string, string, string];
  /** Texts that can't be read, with the code of their error. Default: none. */
  readonly badTexts?: Readonly<Record<string, string>>;
}

type Request = Parameters<RegionTextScorer['score']>[0][number];
type Scores = readonly (readonly (readonly number[])[])[];

const whole = { x0: 0, y0: 0, x1: 1, y1: 1 };
const left = { ...whole, x1: 0.5 };
const right = { ...whole, x0: 0.5 };

/** What every region-text scorer keeps to. */
export function regionTextScorerContract(
  name: string,
  { make, images, texts, badTexts = {} }: RegionTextScorerCase,
): void {
  describe(`${name} keeps to the contract of region-text scorers`, () => {
    const reason = new Error('enough');
    const isDisposed = { code: expect.stringMatching(/\/(?:disposed|released)$/) as string };
    const [image, other] = images;
    const good: Request = { image, boxes: [left, right], texts };
    const requests = [good, { ...good, image: other }, { image, boxes: [whole], texts: texts.slice(1) }];
    let scorer: RegionTextScorer & { dispose(): Promise<void> };
    let found: Scores;
    let folder: string;
    beforeAll(async () => {
      scorer = await make();
      found = await scorer.score(requests);
      folder = await mkdtemp(join(tmpdir(), 'scorer-'));
    });
    afterAll(async () => {
      await scorer.dispose();
      await rm(folder, { recursive: true });
    });

    it('has a name', () => {
      expect(scorer.name).not.toBe('');
    });

    it('gives a cosine of each box with each text, in order, that tells boxes and texts apart', () => {
      expect(found.map((rows) => rows.map((row) => row.length))).toEqual([[3, 3], [3, 3], [2]]);
      for (const cosine of found.flat(2)) expect(Math.abs(cosine)).toBeLessThanOrEqual(1.001);
      for (const [one = [], two = []] of found.slice(0, 2)) {
        expect(new Set(one).size).toBe(3);
        expect(two).not.toEqual(one);
      }
    });

    it('gives the same cosine whatever is asked for beside it, and in whatever order', async () => {
      expectAlike(await scorer.score([...requests].reverse()), [...found].reverse());
      for (const [i, request] of requests.entries())
        expectAlike(await scorer.score([request]), found.slice(i, i + 1));
      const [rows = []] = found;
      const turned = { image, boxes: [right, left, right], texts: [...texts, ...texts].reverse() };
      const columns = (row: readonly number[] = []) => [...row, ...row].reverse();
      expectAlike(await scorer.score([turned, good]), [
        [columns(rows[1]), columns(rows[0]), columns(rows[1])],
        rows,
      ]);
    });

    it('gives empty lists for what is empty', async () => {
      expect(await scorer.score([])).toEqual([]);
      expect(
        await scorer.score([
          { image, boxes: [], texts },
          { image, boxes: [left, right], texts: [] },
        ]),
      ).toEqual([[], [[], []]]);
    });

    it('looks at the image, from its file or its bytes, and at a file anew that was written anew', async () => {
      expect(found[1]).not.toEqual(found[0]);
      const bytes = await Promise.all(images.map(async (path) => new Uint8Array(await readFile(path))));
      expectAlike(await scorer.score(bytes.map((each) => ({ ...good, image: each }))), found.slice(0, 2));
      const path = join(folder, 'image');
      for (const [i, each] of bytes.entries()) {
        await writeFile(path, each);
        expectAlike(await scorer.score([{ ...good, image: path }]), found.slice(i, i + 1));
      }
    });

    it('keeps calls apart that are made at once, one that leaves and one that is refused among them', async () => {
      const leaving = new AbortController();
      const leaves = scorer.score(requests, { signal: leaving.signal });
      const refused = scorer.score([{ ...good, image: join(folder, 'none.png') }]);
      const calls = requests.map((request) => scorer.score([request]));
      leaving.abort(reason);
      await Promise.all([
        expect(leaves).rejects.toBe(reason),
        expect(refused).rejects.toThrow('none.png'),
        ...calls,
      ]);
      expectAlike((await Promise.all(calls)).flat(), found);
    });

    it('refuses what is no image, boxes without area and texts that it can not read, and goes on', async () => {
      const refuses = (bad: Partial<Request>, code: RegExp) =>
        expect(scorer.score([good, { ...good, ...bad }])).rejects.toMatchObject({
          code: expect.stringMatching(code) as string,
        });
      const noImages: readonly ImageSource[] = [join(folder, 'none.png'), new Uint8Array([1, 2, 3])];
      for (const none of noImages) await refuses({ image: none }, /\/(?:bad-image|missing-file)$/);
      for (const box of [
        { ...whole, y1: 0 },
        { ...whole, x0: 1, x1: 0 },
        { ...whole, x0: 1.5, x1: 2 },
        { ...whole, x0: Number.NaN },
      ])
        await refuses({ boxes: [left, box] }, /\/bad-box$/);
      for (const [text, code] of Object.entries(badTexts))
        await refuses({ texts: [texts[0], text] }, new RegExp(`^${code}$`));
      expectAlike(await scorer.score(requests), found);
    });

    it('rejects with the reason of an aborted signal, before and during work, and goes on', async () => {
      await expect(scorer.score(requests, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const during = new AbortController();
      const call = scorer.score(requests, { signal: during.signal });
      during.abort(reason);
      await expect(call).rejects.toBe(reason);
      expectAlike(await scorer.score(requests), found);
    });

    it('scores no more once it is disposed of, in the middle of a call either', async () => {
      const freed = await make();
      const call = freed.score(requests).catch((error: unknown) => error);
      await freed.dispose();
      await freed.dispose();
      // What was under way may end.
      const ended = await call;
      if (!Array.isArray(ended)) expect(ended).toMatchObject(isDisposed);
      for (const some of [requests, []]) await expect(freed.score(some)).rejects.toMatchObject(isDisposed);
    });
  });
}

/** The same but for the last digits: sums in another order, or padding, may change those. */
function expectAlike(found: Scores, expected: Scores): void {
  const rounded = (scores: Scores) =>
    scores.map((rows) => rows.map((row) => row.map((cosine) => expect.closeTo(cosine, 4) as number)));
  expect(found).toEqual(rounded(expected));
}
