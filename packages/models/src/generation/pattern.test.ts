import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPretrained, type PretrainedModel } from '../checkpoint/load-pretrained.js';
import { imagesOf, readTinyCheckpoint, TINY_CHECKPOINTS } from '../families/tiny-checkpoint.test-support.js';
import type { FgamModel } from '../model.js';
import { microConfig, randomWeights } from '../test-support.js';
import { createTokenizer } from '../tokenizer.js';
import { createGenerator } from './generator.js';
import type { ModelGenerator, ModelRequest } from './model-request.js';
import { createPretrainedGenerator } from './pretrained-generator.js';

/** As feedback is: a phrase, or words after a kind. */
const PATTERN =
  'no fault|(?:object|count) : [^\\s;]+(?: [^\\s;]+)*(?: ; (?:object|count) : [^\\s;]+(?: [^\\s;]+)*)*';
const whole = new RegExp(`^(?:${PATTERN})$`, 'u');

const words = ['no', 'fault', 'object', 'count', ':', ';', 'a', 'cat', '2', 'is', 'there'];

function compact(seed: number): FgamModel {
  const config = microConfig();
  return { config, tokenizer: createTokenizer(words), weights: randomWeights(config, seed) };
}

/** The same prompts under a pattern, greedy and sampled, in all lengths from the shortest text on. */
function requestsOf(base: ModelRequest, shortest: number): ModelRequest[] {
  return Array.from({ length: 12 }, (_, i) => ({
    ...base,
    pattern: PATTERN,
    maxTokens: shortest + 2 * i,
    temperature: i % 3 === 0 ? 0 : 0.7 * i,
    seed: i,
    ...(i % 3 === 1 ? { topK: 5 } : {}),
    ...(i % 3 === 2 ? { topP: 0.5 } : {}),
  }));
}

/** What each generator keeps to, whatever its weights. */
function keepsToPatterns(make: () => Promise<readonly [ModelGenerator, ModelRequest]>): void {
  let generator: ModelGenerator;
  let base: ModelRequest;
  let shortest = 1;
  beforeAll(async () => {
    [generator, base] = await make();
    const refused = await generator
      .generate([{ ...base, pattern: PATTERN, maxTokens: 1 }])
      .then(() => 'nothing was refused', String);
    shortest = Number(/expected maxTokens >= (\d+)/.exec(refused)?.[1]);
    expect(shortest).toBeGreaterThan(1);
  });
  afterAll(() => generator.dispose());

  it('says what matches, in batches and alone, greedily and sampled, in as many tokens as there are', async () => {
    const requests = requestsOf(base, shortest);
    const found = await generator.generate(requests);
    for (const [i, { text, tokens }] of found.entries()) {
      expect(text).toMatch(whole);
      expect(tokens.length).toBeLessThanOrEqual(requests[i]?.maxTokens ?? 0);
    }
    // Random weights say all sorts of things.
    expect(new Set(found.map(({ text }) => text)).size).toBeGreaterThan(3);
    for (const [i, request] of requests.slice(0, 4).entries())
      expect((await generator.generate([request]))[0]?.text).toBe(found[i]?.text);
  });

  it('says the same with a draft, its own or another, and tells it in pieces', async () => {
    const requests = requestsOf(base, shortest).slice(4, 8);
    const found = await generator.generate(requests);
    let text = '';
    for (const [i, request] of requests.entries()) {
      const own = { ...request, draft: found[i]?.tokens ?? [] };
      const other = { ...request, draft: 'object : a cat is there' };
      const whole = found[i]?.text ?? '';
      const guessing = {
        ...other,
        continues: (said: string) => (whole.startsWith(said) ? whole.slice(said.length) : ' a cat'),
      };
      const again = await generator.generate([own, other, guessing], {
        onPiece: (piece) => {
          if (piece.request === 0) text += piece.text;
        },
      });
      for (const each of again) expect(each.tokens).toEqual(found[i]?.tokens);
      expect(text).toBe(found[i]?.text);
      text = '';
    }
  });

  it('says the most probable of what is allowed, and what was said anyway', async () => {
    const [free] = await generator.generate([{ ...base, maxTokens: 6, stop: [] }]);
    const [any] = await generator.generate([{ ...base, maxTokens: 6, pattern: '[^]*' }]);
    if (!free?.text.includes('\uFFFD')) expect(any?.tokens.slice(0, 3)).toEqual(free?.tokens.slice(0, 3));
    const [one] = await generator.generate([{ ...base, maxTokens: 30, pattern: 'object : a' }]);
    expect(one).toMatchObject({ text: 'object : a', finish: 'stop' });
  });

  it('refuses what is no pattern, what can not be said, and a stop text beside it', async () => {
    for (const [more, message] of [
      [{ pattern: 'a(' }, /expected a regular expression/],
      [{ pattern: '^a' }, /without assertions/],
      [{ pattern: '[]' }, /that the model's tokens can spell/],
      [{ pattern: 'no fault', stop: ['x'] }, /stop or pattern/],
    ] as const)
      await expect(generator.generate([base, { ...base, ...more }])).rejects.toThrow(
        new RegExp(`request 1: .*${message.source}`),
      );
  });
}

describe.each([1, 2, 3])('a compact model of random weights %i', (seed) => {
  keepsToPatterns(async () => [
    createGenerator(compact(seed), { maxBatch: 4 }),
    { prompt: 'is there a cat', maxTokens: 20 },
  ]);
});

describe.each(TINY_CHECKPOINTS)('%s', (name) => {
  keepsToPatterns(async () => {
    const tiny = await readTinyCheckpoint(name);
    const [first] = Object.values(tiny.cases);
    if (first === undefined) throw new Error('a case');
    const generator = createPretrainedGenerator(await loadPretrained(tiny.folder), { maxBatch: 4 });
    return [
      generator,
      { prompt: first.prompt, images: imagesOf(tiny, first), maxTokens: 20 } as ModelRequest,
    ];
  });
});

it('ends where nothing can follow, of a model that has no token for the end', async () => {
  const tiny = await readTinyCheckpoint('tiny-llava');
  const [first] = Object.values(tiny.cases);
  const model: PretrainedModel = { ...(await loadPretrained(tiny.folder)), endIds: [] };
  const generator = createPretrainedGenerator(model);
  const request = { prompt: first?.prompt ?? '', images: imagesOf(tiny, first ?? { images: [] }) };
  const [found] = await generator.generate([{ ...request, maxTokens: 40, pattern: 'a(?: cat sat there)?' }]);
  expect(found?.text).toMatch(/^a( cat sat there)?$/);
  await generator.dispose();
});
