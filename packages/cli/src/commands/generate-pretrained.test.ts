import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fgam, fgamJson } from './command.test-support.js';

interface Case {
  readonly prompt: string;
  readonly images: readonly string[];
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly text: string;
}

interface Expected {
  readonly cases: Readonly<Record<string, Case>>;
  readonly chat: readonly { readonly text: string }[];
}

const fixtures = fileURLToPath(new URL('../../../models/test-fixtures', import.meta.url));

describe.each([
  ['tiny-llava', '<image>'],
  ['tiny-llava-4x', '<image>'],
  ['tiny-qwen2-vl', '<|image_pad|>'],
])('fgam generate with %s', (name, imageToken) => {
  const folder = join(fixtures, name);
  const ask = ['generate', '--model', folder, '--max-new-tokens', '12', '--greedy'];
  const expected = async (): Promise<Expected> =>
    JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as Expected;
  const caseOf = async (key: string): Promise<Case> => {
    const found = (await expected()).cases[key];
    if (found === undefined) throw new Error(`no case ${key}`);
    return found;
  };

  test.each(['first', 'middle', 'two', 'none'])('says what transformers says: %s', async (key) => {
    const { prompt, images, tokens, logprobs, text } = await caseOf(key);
    const image = images.length === 0 ? [] : ['--image', ...images.map((path) => join(folder, path))];
    const found = await fgamJson(...ask, ...image, '--prompt', prompt);
    expect(Object.keys(found)).toEqual(['text', 'tokens', 'logprobs']);
    expect(found).toMatchObject({ tokens, text });
    for (const [i, value] of (found['logprobs'] as number[]).entries())
      expect(Math.abs(value - (logprobs[i] ?? 0))).toBeLessThan(1e-4);
  });

  test('puts an image that the prompt does not place where the chat template has it', async () => {
    const { tokens, images } = await caseOf('first');
    const image = join(folder, images[0] ?? '');
    const [question] = (await expected()).chat;
    const prompt = question?.text.replace('What is in the image?', 'What is it?') ?? '';
    expect(prompt).toContain(imageToken);
    const placed = await fgamJson(...ask, '--image', image, '--prompt', prompt);
    const plain = await fgamJson(...ask, '--image', image, '--prompt', 'What is it?');
    const asked = await fgamJson(...ask, '--image', image, '--question', 'What is it?');
    expect(plain['tokens']).toEqual(placed['tokens']);
    expect(asked).toEqual(plain);
    expect(placed['tokens']).not.toEqual(tokens);
  });

  test('says how it is used', async () => {
    expect(await fgam(...ask)).toMatchObject({ code: 2 });
    expect(await fgam(...ask, '--prompt', 'a', '--question', 'b')).toMatchObject({ code: 2 });
    const more = await fgam(...ask, '--prompt', `an ${imageToken} alone`);
    expect(more).toMatchObject({ code: 1, out: '' });
    expect(more.err).toContain(`expected 0 ${imageToken}`);
  });
});
