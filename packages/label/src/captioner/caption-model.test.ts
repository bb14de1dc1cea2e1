import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { openCaptionModel, type CaptionModel } from './caption-model.js';
import { TINY_FLORENCE, TINY_VIT_GPT2 } from './captioner.test-support.js';
import { openRegionPixels } from '../region-pixels.js';

interface Case {
  readonly image: string;
  readonly prompt: string;
  readonly tokens: readonly number[];
  readonly text: string;
}

/** What transformers' own `generate` said in Python, at `tools/make-tiny-captioner.py`. */
const cases = JSON.parse(await readFile(join(TINY_FLORENCE, 'expected.json'), 'utf8')) as Case[];
const inputOf = async ({ image, prompt }: Case) => {
  const pixels = await (await openRegionPixels(join(TINY_FLORENCE, image))).crop();
  // A location token is a thousandth: its middle lies in it.
  const places = [...prompt.matchAll(/<loc_(\d+)>/g)].map(([, place]) => (Number(place) + 0.5) / 1000);
  const [x0, y0, x1, y1] = places;
  return x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined
    ? { pixels }
    : { pixels, box: { x0, y0, x1, y1 } };
};

describe('the tiny Florence-2 says what it says in Python', () => {
  const models: Partial<Record<'caption' | 'region-to-description', CaptionModel>> = {};
  beforeAll(async () => {
    for (const task of ['caption', 'region-to-description'] as const)
      models[task] = await openCaptionModel({ model: TINY_FLORENCE }, { task, maxTokens: 24 });
  });
  afterAll(async () => {
    for (const model of Object.values(models)) await model.release();
  });

  it.each(['caption', 'region-to-description'] as const)('%s, one by one and together', async (task) => {
    const chosen = cases.filter(({ prompt }) => prompt.includes('<loc_') === (task !== 'caption'));
    expect(chosen.length).toBeGreaterThan(2);
    const inputs = await Promise.all(chosen.map(inputOf));
    // Python's begin with the decoder's start, 2, and end with </s>, 2.
    const expected = chosen.map(({ text, tokens }) => ({
      text,
      tokens: tokens.slice(1, -1),
      finish: 'stop',
    }));
    expect(await models[task]?.caption(inputs)).toEqual(expected);
    for (const [i, input] of inputs.entries())
      expect(await models[task]?.caption([input])).toEqual([expected[i]]);
  });

  it('says whether a text came to its end', async () => {
    const short = await openCaptionModel({ model: TINY_FLORENCE }, { task: 'caption', maxTokens: 3 });
    const [first] = cases.filter(({ prompt }) => !prompt.includes('<loc_'));
    expect(await short.caption([await inputOf(first as Case)])).toMatchObject([{ finish: 'length' }]);
    await short.release();
  });
});

describe('the tiny encoder-decoder says what it says in Python', () => {
  it('one by one and together', async () => {
    const { maxTokens, cases: others } = JSON.parse(
      await readFile(join(TINY_VIT_GPT2, 'expected.json'), 'utf8'),
    ) as { readonly maxTokens: number; readonly cases: readonly Omit<Case, 'prompt'>[] };
    const model = await openCaptionModel({ model: TINY_VIT_GPT2 }, { task: 'caption', maxTokens });
    const inputs = await Promise.all(
      others.map(async ({ image }) => ({
        pixels: await (await openRegionPixels(join(TINY_VIT_GPT2, image))).crop(),
      })),
    );
    // Python's begin with the decoder's start, 0, and end with 0 where they end, padded to the longest.
    const expected = others.map(({ tokens: [, ...tokens] }) => {
      const end = tokens.indexOf(0);
      return end < 0 ? { tokens, finish: 'length' } : { tokens: tokens.slice(0, end), finish: 'stop' };
    });
    expect(new Set(expected.map(({ finish }) => finish))).toEqual(new Set(['length', 'stop']));
    const all = await model.caption(inputs);
    expect(all.map(({ tokens, finish }) => ({ tokens, finish }))).toEqual(expected);
    for (const [i, input] of inputs.entries()) expect(await model.caption([input])).toEqual([all[i]]);
    await model.release();
  });

  it('and has no other task', async () => {
    const opened = openCaptionModel(
      { model: TINY_VIT_GPT2 },
      { task: 'region-to-description', maxTokens: 9 },
    );
    await expect(opened).rejects.toMatchObject({ code: 'label/bad-config' });
  });
});
