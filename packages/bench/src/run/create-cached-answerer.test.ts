import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answerer, AnswerRequest } from '@fgam/data';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeFiles } from '../tasks/choice.test-support.js';
import { type CachedAnswererOptions, createCachedAnswerer } from './create-cached-answerer.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await writeFiles({ 'a.png': 'bytes of a', 'b.png': 'bytes of b' });
  file = join(folder, 'out', 'responses.jsonl');
});

const request = (image: string, question: string): AnswerRequest => ({
  image: join(folder, image),
  question,
});

/** Says what it was asked, and counts; fails at a question. */
function echo(failAt?: string): Answerer & { readonly calls: (readonly AnswerRequest[])[] } {
  const calls: (readonly AnswerRequest[])[] = [];
  return {
    name: 'echo',
    calls,
    async answer(requests) {
      if (requests.some(({ question }) => question === failAt)) throw new Error('the model failed');
      calls.push(requests);
      return requests.map(({ question, revision }) => ({ text: `${question} ${revision?.feedback ?? ''}` }));
    },
  };
}

const open = (answerer: Answerer, options: Partial<CachedAnswererOptions> = {}) =>
  createCachedAnswerer(answerer, { file, model: 'echo 1', ...options });
const texts = async (answerer: Answerer, requests: readonly AnswerRequest[]) =>
  (await answerer.answer(requests)).map(({ text }) => text.trim());

describe('createCachedAnswerer', () => {
  it('asks in batches, what is asked twice once, and answers in order', async () => {
    const model = echo();
    const answered: number[] = [];
    const cached = await open(model, { batchSize: 2, onAnswered: (count) => answered.push(count) });
    const requests = ['x', 'y', 'x', 'z'].map((question) => request('a.png', question));
    expect(await texts(cached, requests)).toEqual(['x', 'y', 'x', 'z']);
    expect(model.calls.map((call) => call.map(({ question }) => question))).toEqual([['x', 'y'], ['z']]);
    expect(cached.counts()).toEqual({ asked: 3, remembered: 1 });
    expect(answered.reduce((sum, count) => sum + count, 0)).toBe(4);
  });

  it('goes on where a run was killed, in the midst of a line too', async () => {
    const first = await open(echo(), { batchSize: 1 });
    await first.answer([request('a.png', 'x'), request('a.png', 'y')]);
    const whole = await readFile(file, 'utf8');
    await writeFile(file, whole.slice(0, -9));
    const model = echo();
    const again = await open(model);
    expect(
      await texts(
        again,
        ['x', 'y', 'z'].map((question) => request('a.png', question)),
      ),
    ).toEqual(['x', 'y', 'z']);
    expect(model.calls.flat().map(({ question }) => question)).toEqual(['y', 'z']);
    expect((await readFile(file, 'utf8')).startsWith(whole)).toBe(true);
  });

  it('keeps what was answered before a failure', async () => {
    const failing = await open(echo('y'), { batchSize: 1 });
    const requests = ['x', 'y', 'z'].map((question) => request('a.png', question));
    await expect(failing.answer(requests)).rejects.toThrow('the model failed');
    const model = echo();
    expect(await texts(await open(model), requests)).toEqual(['x', 'y', 'z']);
    expect(model.calls.flat().map(({ question }) => question)).toEqual(['y', 'z']);
  });

  it('asks anew where model, parameters, prompt, image, or revision differ, and not where the image has another path', async () => {
    const asked = request('a.png', 'x');
    await (await open(echo())).answer([asked]);
    await writeFile(join(folder, 'copy.png'), 'bytes of a');
    const isAsked = async (changed: AnswerRequest, options: Partial<CachedAnswererOptions> = {}) => {
      const model = echo();
      await (await open(model, options)).answer([changed]);
      return model.calls.length === 1;
    };
    expect(await isAsked(asked)).toBe(false);
    expect(await isAsked(request('copy.png', 'x'))).toBe(false);
    expect(await isAsked(asked, { model: 'echo 2' })).toBe(true);
    expect(await isAsked(asked, { parameters: { template: 'paper' } })).toBe(true);
    expect(await isAsked(request('b.png', 'x'))).toBe(true);
    expect(await isAsked(request('a.png', 'x?'))).toBe(true);
    expect(await isAsked({ ...asked, maxTokens: 3 })).toBe(true);
    expect(await isAsked({ ...asked, temperature: 1, seed: 1 })).toBe(true);
    expect(await isAsked({ ...asked, temperature: 1, seed: 2 })).toBe(true);
    const revised = { ...asked, revision: { response: 'yes', feedback: 'no cat' } };
    expect(await isAsked(revised)).toBe(true);
    expect(await isAsked(revised)).toBe(false);
    await writeFile(join(folder, 'a.png'), 'other bytes');
    expect(await isAsked(asked)).toBe(true);
  });

  it('remembers nothing without a file', async () => {
    const model = echo();
    const plain = await createCachedAnswerer(model, { model: 'echo 1' });
    await plain.answer([request('a.png', 'x')]);
    await plain.answer([request('a.png', 'x')]);
    expect(model.calls).toHaveLength(2);
  });

  it('refuses a file that was changed, an image that is not there, a model with too few answers', async () => {
    const cached = await open(echo());
    await cached.answer([request('a.png', 'x')]);
    await expect(cached.answer([request('none.png', 'x')])).rejects.toThrow(
      /none\.png: expected a readable image/,
    );
    const few: Answerer = { name: 'few', answer: async () => [] };
    await expect((await open(few)).answer([request('a.png', 'new')])).rejects.toThrow(
      'few: expected 1 answers, got 0',
    );
    await writeFile(file, (await readFile(file, 'utf8')).replace('"prompt":"x"', '"prompt":"changed"'));
    await expect(open(echo())).rejects.toMatchObject({ code: 'bench/bad-input' });
    await appendFile(file, 'no JSON\n');
    await expect(open(echo())).rejects.toThrow(/responses\.jsonl:1: expected a response/);
  });
});
