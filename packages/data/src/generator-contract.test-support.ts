import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateRequest, Generation, Generator } from './ports.js';

/** What a contract suite is run on. */
export interface GeneratorCase {
  /** Called twice; each is disposed of. Its texts are made of `red`, `square` and `two`, if not of more. */
  readonly make: () => Promise<Generator & { dispose(): Promise<void> }>;
  /** Files of two images that differ. */
  readonly images: readonly [string, string];
  /** The prompt of a text after an image. Default: the text. */
  readonly about?: (text: string) => string;
  /** Whether its texts match `pattern`. Default true; else it passes patterns over. */
  readonly keepsToPatterns?: boolean;
}

/** What every generator keeps to. */
export function generatorContract(
  name: string,
  { make, images, about = (text) => text, keepsToPatterns = true }: GeneratorCase,
): void {
  describe(`${name} keeps to the contract of generators`, () => {
    const reason = new Error('enough');
    const isDisposed = { code: expect.stringMatching(/\/disposed$/) as string };
    const [image, other] = images;
    const pictured = { image, prompt: about('red square'), maxTokens: 8 };
    /** The first two differ in their images alone. */
    const requests: readonly GenerateRequest[] = [
      pictured,
      { ...pictured, image: other },
      { prompt: 'red square', maxTokens: 5 },
      { ...pictured, prompt: about('two'), maxTokens: 3 },
      { ...pictured, temperature: 3, seed: 5 },
    ];
    /** Takes longer than it takes to leave. */
    const long = { ...pictured, maxTokens: 50 };
    let generator: Generator & { dispose(): Promise<void> };
    let found: readonly Generation[];
    let folder: string;
    beforeAll(async () => {
      generator = await make();
      found = await generator.generate(requests);
      folder = await mkdtemp(join(tmpdir(), 'generator-'));
    });
    afterAll(async () => {
      await generator.dispose();
      await rm(folder, { recursive: true });
    });
    const one = async (request: GenerateRequest): Promise<Generation> =>
      (await generator.generate([request]))[0] as Generation;
    const expectAsBefore = async () => expectAlike(await generator.generate(requests), found);

    it('has a name', () => {
      expect(generator.name).not.toBe('');
    });

    it('gives one continuation a request, in order, the same in any batch', async () => {
      expect(found).toHaveLength(requests.length);
      expectAlike(await generator.generate([...requests].reverse()), [...found].reverse());
      for (const [i, request] of requests.entries())
        expectAlike(await generator.generate([request]), found.slice(i, i + 1));
      expectAlike(await generator.generate([pictured, pictured]), [found[0], found[0]]);
    });

    it('gives a log-probability a token, within what was asked for', () => {
      for (const [i, { tokens, logprobs, finish }] of found.entries()) {
        const { maxTokens = 0 } = requests[i] ?? {};
        expect(tokens.every((token) => Number.isInteger(token) && token >= 0)).toBe(true);
        expect(tokens.length).toBeLessThanOrEqual(maxTokens);
        expect(logprobs).toHaveLength(tokens.length);
        for (const logprob of logprobs) {
          expect(logprob).toBeLessThanOrEqual(1e-6);
          expect(logprob).toBeGreaterThan(Number.NEGATIVE_INFINITY);
        }
        expect(tokens.length === maxTokens ? ['stop', 'length'] : ['stop']).toContain(finish);
      }
    });

    it('is greedy by default, samples by the seed, and says log-probabilities of temperature 1', async () => {
      const greedy = [{ temperature: 0, seed: 9 }, { temperature: 1e-6, seed: 9 }, { seed: 9 }];
      expectAlike(
        await generator.generate(greedy.map((more) => ({ ...pictured, ...more }))),
        greedy.map(() => found[0]),
      );
      const seeds = [5, 6, 7, 8].map((seed) => ({ ...pictured, temperature: 3, seed }));
      const sampled = await generator.generate(seeds);
      expectAlike(sampled.slice(0, 1), found.slice(4));
      expect(new Set(sampled.map(({ tokens }) => String(tokens))).size).toBeGreaterThan(1);
    });

    it('ends before the first stop text', async () => {
      const request = { ...pictured, maxTokens: 12, temperature: 3, seed: 5 };
      const free = await one({ ...request, stop: [] });
      const middle = Math.floor(free.text.length / 2);
      const stop = [free.text.slice(-2), free.text.slice(middle, middle + 2)];
      const cut = await one({ ...request, stop: ['never said', ...stop] });
      const end = Math.min(...stop.map((each) => free.text.indexOf(each)));
      expect(cut.finish).toBe('stop');
      expect(cut.text.trimEnd()).toBe(free.text.slice(0, end).trimEnd());
      expect(cut.tokens).toEqual(free.tokens.slice(0, cut.tokens.length));
      expect(cut.tokens.length).toBeLessThan(free.tokens.length);
      expect(cut.logprobs).toHaveLength(cut.tokens.length);
    });

    it('keeps to a pattern, or passes it over', async () => {
      const request = { ...pictured, maxTokens: 30 };
      const kept = await one({ ...request, pattern: '(?:two|red) square' });
      if (keepsToPatterns) expect(['two square', 'red square']).toContain(kept.text);
      else expectAlike([kept], [await one(request)]);
    });

    it('looks at the image, from its file or its bytes, and at a file anew that was written anew', async () => {
      expect(found[1]?.logprobs).not.toEqual(found[0]?.logprobs);
      const bytes = await Promise.all(images.map(async (path) => new Uint8Array(await readFile(path))));
      const ofBytes = bytes.map((each) => ({ ...pictured, image: each }));
      expectAlike(await generator.generate(ofBytes), found.slice(0, 2));
      const path = join(folder, 'image');
      for (const [i, each] of bytes.entries()) {
        await writeFile(path, each);
        expectAlike([await one({ ...pictured, image: path })], found.slice(i, i + 1));
      }
    });

    it('keeps calls apart that are made at once, one that leaves and one that is refused among them', async () => {
      const leaving = new AbortController();
      const left = generator.generate([long], { signal: leaving.signal });
      const refused = generator.generate([{ ...pictured, maxTokens: 0 }]);
      const calls = Promise.all(requests.map(one));
      const all = Promise.all([
        expect(left).rejects.toBe(reason),
        expect(refused).rejects.toThrow('maxTokens'),
        calls,
      ]);
      await setImmediate();
      leaving.abort(reason);
      await all;
      expectAlike(await calls, found);
    });

    it('gives an empty list for an empty list', async () => {
      expect(await generator.generate([])).toEqual([]);
    });

    it('refuses bad requests, says which, and goes on', async () => {
      const faults: readonly Partial<GenerateRequest>[] = [
        ...[0, -1, 1.5, Number.NaN, 1e9].map((maxTokens) => ({ maxTokens })),
        ...[-1, Number.NaN, Number.POSITIVE_INFINITY].map((temperature) => ({ temperature })),
        { seed: 0.5 },
        { stop: [''] },
        ...(keepsToPatterns ? [{ pattern: 'a(' }, { pattern: 'red', stop: ['two'] }] : []),
      ];
      for (const fault of faults)
        await expect(generator.generate([pictured, { ...pictured, ...fault }])).rejects.toMatchObject({
          code: expect.stringMatching(/\/bad-request$/) as string,
          message: expect.stringContaining('request 1') as string,
        });
      for (const none of [join(folder, 'none.png'), new Uint8Array([1, 2, 3])])
        await expect(generator.generate([pictured, { ...pictured, image: none }])).rejects.toMatchObject({
          code: expect.stringMatching(/\/(?:bad-image|missing-file)$/) as string,
        });
      await expectAsBefore();
    });

    it('rejects with the reason of an aborted signal, before and during work, and goes on', async () => {
      await expect(generator.generate(requests, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      for (const wait of [() => Promise.resolve(), setImmediate]) {
        const during = new AbortController();
        const call = expect(generator.generate([long], { signal: during.signal })).rejects.toBe(reason);
        await wait();
        during.abort(reason);
        await call;
      }
      await expectAsBefore();
    });

    it('generates no more once it is disposed of, in the middle of a call either', async () => {
      const freed = await make();
      const call = freed.generate([long]).catch((error: unknown) => error);
      await setImmediate();
      await freed.dispose();
      await freed.dispose();
      // What was under way may end.
      const ended = await call;
      if (!Array.isArray(ended)) expect(ended).toMatchObject(isDisposed);
      for (const some of [[pictured], []])
        await expect(freed.generate(some)).rejects.toMatchObject(isDisposed);
    });
  });
}

/** The same but for the last digits: sums in another order, or padding, may change those. */
function expectAlike(found: readonly Generation[], expected: readonly (Generation | undefined)[]): void {
  const rounded = (logprobs: readonly number[]) =>
    logprobs.map((logprob) => expect.closeTo(logprob, 3) as number);
  expect(found).toEqual(expected.map((each) => each && { ...each, logprobs: rounded(each.logprobs) }));
}
