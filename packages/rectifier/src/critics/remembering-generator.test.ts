import { mkdtemp, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerateRequest, Generator } from '@fgam/data';
import { expect, test } from 'vitest';
import { createRememberingGenerator } from './remembering-generator.js';

/** Says how many texts it has said; `asked` are the prompts of each call. */
function counting(): Generator & { readonly asked: string[][] } {
  const asked: string[][] = [];
  let texts = 0;
  return {
    asked,
    name: 'counting',
    generate: async (requests) => {
      asked.push(requests.map(({ prompt }) => prompt));
      return requests.map(() => ({ text: `${(texts += 1)}`, tokens: [1], logprobs: [-1], finish: 'stop' }));
    },
  };
}

const greedy = (prompt: string, rest: Partial<GenerateRequest> = {}): GenerateRequest => ({
  ...{ prompt, maxTokens: 8, temperature: 0 },
  ...rest,
});

async function textsOf(generator: Generator, requests: readonly GenerateRequest[]): Promise<string> {
  return (await generator.generate(requests)).map(({ text }) => text).join();
}

test('the same greedy request is asked once, in one call and over calls, in the order of the requests', async () => {
  const inner = counting();
  const generator = createRememberingGenerator(inner);
  expect(generator.name).toBe('counting');
  expect(await textsOf(generator, [greedy('a'), greedy('b'), greedy('a')])).toBe('1,2,1');
  expect(await textsOf(generator, [greedy('c'), greedy('b')])).toBe('3,2');
  expect(await textsOf(generator, [greedy('a')])).toBe('1');
  expect(inner.asked).toEqual([['a', 'b'], ['c']]);
});

test('what a text depends on tells requests apart, hints do not', async () => {
  const inner = counting();
  const generator = createRememberingGenerator(inner);
  const others = [{ maxTokens: 9 }, { stop: ['.'] }, { pattern: 'yes|no' }, { image: new Uint8Array([1]) }];
  expect(await textsOf(generator, [greedy('a'), ...others.map((rest) => greedy('a', rest))])).toBe(
    '1,2,3,4,5',
  );
  expect(await textsOf(generator, [greedy('a', { image: new Uint8Array([2]) })])).toBe('6');
  expect(await textsOf(generator, [greedy('a', { image: new Uint8Array([1]) })])).toBe('5');
  const drafted = { ...greedy('a'), draft: 'yes' };
  expect(await textsOf(generator, [drafted])).toBe('1');
});

test('a file that has changed is another image', async () => {
  const image = join(await mkdtemp(join(tmpdir(), 'remembering-')), 'a.png');
  await writeFile(image, 'one');
  const generator = createRememberingGenerator(counting());
  const ask = () => textsOf(generator, [greedy('a', { image })]);
  expect(await ask()).toBe('1');
  expect(await ask()).toBe('1');
  await writeFile(image, 'three');
  expect(await ask()).toBe('2');
  await utimes(image, 1, 1);
  expect(await ask()).toBe('3');
});

test('sampled requests are asked each time, alike ones in one call too', async () => {
  const inner = counting();
  const generator = createRememberingGenerator(inner);
  const sampled = greedy('a', { temperature: 1 });
  expect(await textsOf(generator, [sampled, sampled, greedy('a')])).toBe('1,2,3');
  expect(await textsOf(generator, [sampled, greedy('a')])).toBe('4,3');
  const unsaid = { prompt: 'a', maxTokens: 8 };
  expect(await textsOf(generator, [unsaid, unsaid])).toBe('5,6');
});

test('beyond `most` what was used longest ago is asked again', async () => {
  const generator = createRememberingGenerator(counting(), { most: 2 });
  expect(await textsOf(generator, [greedy('a'), greedy('b')])).toBe('1,2');
  expect(await textsOf(generator, [greedy('a'), greedy('c')])).toBe('1,3');
  expect(await textsOf(generator, [greedy('a'), greedy('b')])).toBe('1,4');
  expect(() => createRememberingGenerator(counting(), { most: 0 })).toThrow(/integer from 1 as most, got 0/);
});

test('a call that fails is not kept, and one that was ended beforehand not made', async () => {
  const inner = counting();
  let isDown = true;
  const generator = createRememberingGenerator({
    ...inner,
    generate: async (requests) => {
      if (isDown) throw new Error('down');
      return inner.generate(requests);
    },
  });
  await expect(textsOf(generator, [greedy('a')])).rejects.toThrow('down');
  isDown = false;
  expect(await textsOf(generator, [greedy('a')])).toBe('1');
  const ended = { signal: AbortSignal.abort(new Error('over')) };
  await expect(generator.generate([greedy('b')], ended)).rejects.toThrow('over');
  expect(inner.asked).toEqual([['a']]);
});

test('another number of texts than of requests is refused', async () => {
  const generator = createRememberingGenerator({ name: 'mute', generate: async () => [] });
  await expect(generator.generate([greedy('a')])).rejects.toMatchObject({ code: 'rectifier/bad-port' });
});
