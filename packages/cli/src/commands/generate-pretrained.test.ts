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

const fixtures = fileURLToPath(new URL('../../../models/test-fixtures', import.meta.url));

describe.each([
  ['tiny-llava', 'USER: <image>\nWhat is it? ASSISTANT:'],
  ['tiny-llava-4x', 'USER: <image>\nWhat is it? ASSISTANT:'],
  [
    'tiny-qwen2-vl',
    '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n' +
      '<|vision_start|><|image_pad|><|vision_end|>What is it?<|im_end|>\n<|im_start|>assistant\n',
  ],
  // No template: the question as it is.
  ['tiny-instructblip', undefined],
  ['tiny-minigpt4', '###Human: <Img><ImageHere></Img> What is it? ###Assistant:'],
])('fgam generate with %s', (name, rendered) => {
  const folder = join(fixtures, name);
  const ask = ['generate', '--model', folder, '--max-new-tokens', '12', '--greedy'];
  const caseOf = async (key: string): Promise<Case> => {
    const { cases } = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as {
      cases: Record<string, Case>;
    };
    const found = cases[key];
    if (found === undefined) throw new Error(`no case ${key}`);
    return found;
  };

  test.each(['first', 'middle', 'two', 'none'])('says what transformers says: %s', async (key) => {
    const { prompt, images, tokens, logprobs, text } = await caseOf(key);
    const image = images.length === 0 ? [] : ['--image', ...images.map((path) => join(folder, path))];
    const found = await fgamJson(...ask, ...image, '--prompt', prompt);
    expect(Object.keys(found)).toEqual(['model', 'text', 'tokens', 'logprobs', 'tokenCount']);
    expect(found).toMatchObject({ model: folder, tokens, text, tokenCount: tokens.length });
    for (const [i, value] of (found['logprobs'] as number[]).entries())
      expect(Math.abs(value - (logprobs[i] ?? 0))).toBeLessThan(1e-4);
  });

  test('says what it is asked to in 8 bits, near what float32 says', async () => {
    const { prompt, images, logprobs } = await caseOf('first');
    const image = ['--image', ...images.map((path) => join(folder, path))];
    const found = await fgamJson(...ask, ...image, '--prompt', prompt, '--weights', 'int8');
    const [first = Number.NaN] = found['logprobs'] as number[];
    expect(Math.abs(first - (logprobs[0] ?? 0))).toBeLessThan(0.3);
    expect(first).not.toBe(logprobs[0]);
  });

  test('puts an image that the prompt does not place where the model has it', async () => {
    const { tokens, images } = await caseOf('first');
    const image = join(folder, images[0] ?? '');
    const placed = await fgamJson(...ask, '--image', image, '--prompt', rendered ?? 'What is it?');
    const plain = await fgamJson(...ask, '--image', image, '--prompt', 'What is it?');
    const question = ['--question', 'What is it?'];
    const { answer, ...asked } = await fgamJson(...ask, '--image', image, ...question);
    expect(answer).toBe(String(asked['text']).trim());
    expect(plain['tokens']).toEqual(placed['tokens']);
    expect(asked).toEqual(plain);
    expect(placed['tokens']).not.toEqual(tokens);
  });

  test('samples, stops and streams', async () => {
    const { prompt, images, text } = await caseOf('none');
    const put = ['generate', '--model', folder, '--prompt', prompt, '--max-tokens', '12'];
    expect(images).toEqual([]);
    const streamed = await fgam(...put, '--stream');
    expect(streamed).toMatchObject({ code: 0, out: `${text}\n` });
    const sampled = (...more: string[]) => fgamJson(...put, '--temperature', '2', ...more);
    const plain = await fgamJson(...put);
    expect(await sampled('--top-k', '1')).toEqual(plain);
    expect(await sampled('--top-p', '0.000001')).toEqual(plain);
    const [one, other] = [await sampled('--seed', '3'), await sampled('--seed', '4')];
    expect(one['tokens']).not.toEqual(other['tokens']);
    expect(await sampled('--seed', '3')).toEqual(one);
    const stop = text.slice(3, 5);
    const cut = await fgamJson(...put, '--stop', 'never said', stop);
    expect(cut['text']).toBe(text.slice(0, text.indexOf(stop)).trimEnd());
  });

  test('says how it is used', async () => {
    for (const wrong of [
      ['--top-p', '0.9'],
      ['--top-k', '3'],
      ['--temperature', '1'],
      ['--stream', '--json'],
    ])
      expect(await fgam(...ask, '--prompt', 'a', ...wrong)).toMatchObject({ code: 2, out: '' });
    expect(await fgam(...ask)).toMatchObject({ code: 2 });
    expect(await fgam(...ask, '--prompt', 'a', '--question', 'b')).toMatchObject({ code: 2 });
    const tokens: Record<string, string> = {
      'tiny-minigpt4': '<ImageHere>',
      'tiny-qwen2-vl': '<|image_pad|>',
    };
    const token = tokens[name] ?? '<image>';
    const more = await fgam(...ask, '--prompt', `an ${token} alone`);
    expect(more).toMatchObject({ code: 1, out: '' });
    expect(more.err.replace('expected no', 'expected 0')).toContain(`expected 0 ${token}`);
  });
});
