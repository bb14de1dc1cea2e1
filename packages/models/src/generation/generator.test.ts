import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { GenerateRequest } from '@fgam/data';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatorContract } from '../../../data/src/generator-contract.test-support.js';
import { conversationLogits } from '../blocks/conversation-logits.js';
import { languageModel, tokenEmbeddings, tokenLogits } from '../blocks/language-model.js';
import type { FgamModel } from '../model.js';
import {
  imageFiles,
  maxDifference,
  microConfig,
  randomWeights,
  rows,
  toTensors,
  uniforms,
} from '../test-support.js';
import { createTokenizer } from '../tokenizer.js';
import { createVisionReader } from '../vision-reader.js';
import { createGenerator } from './generator.js';
import type { ModelGenerator, ModelRequest } from './model-request.js';

const words = '? a blue circle cross is no red square the there two yes'.split(' ');
const tokenizer = createTokenizer(words);

/** A random 8 x 8 image as PNG bytes with its pixels -1..1. */
async function image(seed: number) {
  const uniform = uniforms(seed);
  const bytes = Uint8Array.from({ length: 192 }, () => Math.floor(256 * uniform()));
  const png = await sharp(bytes, { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toBuffer();
  return {
    png: new Uint8Array(png),
    pixels: tf.tensor4d(
      Float32Array.from(bytes, (x) => x / 127.5 - 1),
      [1, 8, 8, 3],
    ),
  };
}

function micro(overrides: Parameters<typeof microConfig>[0] = {}): FgamModel {
  const config = microConfig(overrides);
  return { config, tokenizer, weights: randomWeights(config, 9) };
}

const variants = {
  'two heads, bidirectional prefix': micro(),
  'heads of 16': micro({ text_config: { hidden_size: 32 } }),
  'grouped queries, causal prefix, untied': micro({
    text_config: { num_attention_heads: 2, num_key_value_heads: 1, tie_word_embeddings: false },
    fgam: { visual_prefix_bidirectional: false },
  }),
};

const files = await imageFiles((await image(1)).png, (await image(2)).png);
afterAll(() => rm(dirname(files[0]), { recursive: true }));
const plain = variants['two heads, bidirectional prefix'];
for (const [name, model] of Object.entries(variants))
  generatorContract(name, { make: async () => createGenerator(model, { maxBatch: 4 }), images: files });
generatorContract('one row at a time, without caches', {
  make: async () => createGenerator(plain, { maxBatch: 1, imageCacheBytes: 0, promptCacheBytes: 0 }),
  images: files,
});
const vision = createVisionReader(plain);
afterAll(() => vision.dispose());
generatorContract('a tower that others look through', {
  make: async () => createGenerator(plain, { maxBatch: 4, vision }),
  images: files,
});

describe.each(Object.entries(variants))('createGenerator, %s', (_, model) => {
  const weights = toTensors(model.weights);
  let generator: ModelGenerator;
  let images: Awaited<ReturnType<typeof image>>[];
  beforeAll(async () => {
    images = await Promise.all([1, 2].map(image));
    generator = createGenerator(model, { maxBatch: 4 });
  });
  afterAll(() => generator.dispose());

  /** Logits after a whole text, recomputed without a cache. */
  function recompute(pixels: tf.Tensor, ids: readonly number[]): Float32Array {
    return tf.tidy(() => {
      const logits = conversationLogits(weights, model.config, {
        pixels,
        inputIds: rows([ids]),
        segmentIds: rows([ids.map(() => 1)]),
        positions: rows([ids.map((_unused, i) => i)]),
      });
      const size = model.config.text_config.vocab_size;
      return tf
        .slice(tf.reshape(logits, [-1, size]), [ids.length - 1, 0], [1, size])
        .dataSync() as Float32Array;
    });
  }

  /** Greedy decoding without a cache: the plain reference. */
  function reference(pixels: tf.Tensor, prompt: string, count: number) {
    const ids = tokenizer.encode(prompt);
    const tokens: number[] = [];
    const logprobs: number[] = [];
    while (tokens.length < count && tokens.at(-1) !== tokenizer.eosId) {
      const logits = recompute(pixels, [...ids, ...tokens]);
      const allowed = [...logits.keys()].filter((t) => t < tokenizer.size && t !== 0 && t !== 3);
      const best = allowed.reduce((a, b) => ((logits[b] ?? 0) > (logits[a] ?? 0) ? b : a));
      const sum = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
      tokens.push(best);
      logprobs.push((logits[best] ?? 0) - sum);
    }
    return { tokens, logprobs };
  }

  const prompts = [
    'User: is there a red circle ? Assistant:',
    'the blue cross',
    `User: ${Array.from({ length: 18 }, () => 'red square').join(' ')} Assistant:`,
    'User: is there a blue square ? Assistant:',
    'a',
  ];

  it('equals decoding without a cache: same tokens, log-probabilities within 1e-4', async () => {
    const requests = prompts.map(
      (prompt, i): GenerateRequest => ({
        image: images[i % 2]?.png as Uint8Array,
        prompt,
        maxTokens: 3 + 5 * (i % 3),
      }),
    );
    const results = await generator.generate(requests);
    for (const [i, result] of results.entries()) {
      const { prompt, maxTokens } = requests[i] as GenerateRequest;
      const expected = reference(images[i % 2]?.pixels as tf.Tensor, prompt, maxTokens);
      expect(result.tokens).toEqual(expected.tokens);
      expect(maxDifference(result.logprobs, expected.logprobs)).toBeLessThan(1e-4);
      expect(result.text).toBe(tokenizer.decode(result.tokens));
      expect(result.finish).toBe(result.tokens.at(-1) === tokenizer.eosId ? 'stop' : 'length');
    }
  });

  it('reads an image through <image> at the start or without it, and none where none is given', async () => {
    const base = { prompt: 'the red', maxTokens: 4 };
    const png = images[0]?.png as Uint8Array;
    const [plain, marked, blind] = await generator.generate([
      { ...base, image: png },
      { ...base, prompt: '<image> the red', image: png },
      base,
    ]);
    expect(marked).toEqual(plain);
    expect(blind?.logprobs).not.toEqual(plain?.logprobs);
    // Without an image as without visual tokens: the text's first token is at position 0.
    const ids = tokenizer.encode(base.prompt);
    const text = [...ids, ...(blind?.tokens ?? [])];
    const hidden = languageModel(weights, model.config, {
      embeddings: tokenEmbeddings(weights, rows([text])),
      positions: rows([text.map((_unused, i) => i)]),
    });
    const logprobs = tf.logSoftmax(tokenLogits(weights, model.config, hidden)).arraySync() as number[][][];
    const ofText = (blind?.tokens ?? []).map((token, i) => logprobs[0]?.[ids.length - 1 + i]?.[token] ?? 0);
    expect(maxDifference(blind?.logprobs ?? [], ofText)).toBeLessThan(1e-4);
    const [again] = await generator.generate([base]);
    expect(maxDifference(again?.logprobs ?? [], blind?.logprobs ?? [])).toBeLessThan(1e-5);
  });

  it('tells in pieces what it says, and says with its answer as a draft the same in one go', async () => {
    const requests = prompts.map(
      (prompt, i): ModelRequest => ({ image: images[i % 2]?.png as Uint8Array, prompt, maxTokens: 9 }),
    );
    const pieces = requests.map(() => '');
    const found = await generator.generate(requests, {
      onPiece: ({ request, text }) => (pieces[request] += text),
    });
    expect(pieces).toEqual(found.map(({ text }) => text));
    const { steps } = generator.stats;
    const drafted = await generator.generate(
      requests.map((request, i) => ({ ...request, draft: found[i]?.tokens ?? [] })),
    );
    expect(generator.stats.steps).toBe(steps);
    for (const [i, { tokens, acceptedTokens }] of drafted.entries()) {
      expect(tokens).toEqual(found[i]?.tokens);
      expect(acceptedTokens).toBe(Math.min(tokens.length, 8));
    }
    // As a text, of which the model takes what it would say.
    const [first] = requests as [ModelRequest];
    const [text] = await generator.generate([{ ...first, draft: `${found[0]?.text ?? ''} yes` }]);
    expect(text?.tokens).toEqual(found[0]?.tokens);
  });

  it('names every fault of a request', async () => {
    const bad = { prompt: '', maxTokens: 0, temperature: -1, seed: 0.5, stop: [''] };
    await expect(generator.generate([{ prompt: 'a', maxTokens: 1 }, bad])).rejects.toThrow(
      /request 1: .*prompt.*maxTokens.*temperature.*seed.*stop/,
    );
    await expect(generator.generate([{ prompt: '<image> a', maxTokens: 1 }])).rejects.toThrow(
      /expected an image/,
    );
    await expect(generator.generate([{ prompt: 'a', maxTokens: 600 }])).rejects.toThrow(/to fit 508 tokens/);
  });
});
