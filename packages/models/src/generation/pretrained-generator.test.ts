import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatorContract } from '../../../data/src/generator-contract.test-support.js';
import { loadPretrained, type PretrainedModel } from '../checkpoint/load-pretrained.js';
import {
  imagesOf,
  readTinyCheckpoint,
  TINY_CHECKPOINTS,
  type TinyCheckpoint,
} from '../families/tiny-checkpoint.test-support.js';
import { loadAdapter } from '../lora/adapter-files.js';
import { withAdapter } from '../lora/with-adapter.js';
import type { GenerationPiece } from './model-request.js';
import {
  createPretrainedGenerator,
  type PretrainedGenerator,
  type PretrainedRequest,
} from './pretrained-generator.js';

/** Where a family's prompt has its image. */
const FRONTS: Readonly<Record<string, string>> = {
  'tiny-llava': '<image>\n',
  'tiny-llava-4x': '<image>\n',
  'tiny-qwen2-vl': '<|vision_start|><|image_pad|><|vision_end|>',
  'tiny-minigpt4': '<ImageHere> ',
};

/** A fixture, or a model made of one. */
const SUBJECTS: readonly (readonly [string, string, (folder: string) => Promise<PretrainedModel>])[] = [
  ...TINY_CHECKPOINTS.map((name) => [name, name, (folder: string) => loadPretrained(folder)] as const),
  ['tiny-llava in its files', 'tiny-llava', (folder) => loadPretrained(folder, { weights: 'files' })],
  ['tiny-llava in 8 bits', 'tiny-llava', (folder) => loadPretrained(folder, { weights: 'int8' })],
  [
    'tiny-llava with an adapter',
    'tiny-llava',
    async (folder) => {
      const model = await loadPretrained(folder);
      return withAdapter(model, await loadAdapter(join(folder, 'adapter'), model.family));
    },
  ],
];

for (const [subject, name, open] of SUBJECTS) {
  const tiny = await readTinyCheckpoint(name);
  const model = await open(tiny.folder);
  const [first = '', second = ''] = new Set(
    Object.values(tiny.cases).flatMap((each) => imagesOf(tiny, each)),
  );
  generatorContract(subject, {
    make: async () => createPretrainedGenerator(model, { maxBatch: 4 }),
    images: [first, second],
    about: (text) => `${FRONTS[name] ?? ''}${text}`,
  });
}

describe.each(TINY_CHECKPOINTS)('createPretrainedGenerator, %s', (name) => {
  let tiny: TinyCheckpoint;
  let model: PretrainedModel;
  let generator: PretrainedGenerator;
  let requests: PretrainedRequest[];
  beforeAll(async () => {
    tiny = await readTinyCheckpoint(name);
    model = await loadPretrained(tiny.folder);
    generator = createPretrainedGenerator(model, { maxBatch: 2 });
    requests = Object.values(tiny.cases).map((each) => ({
      prompt: each.prompt,
      images: imagesOf(tiny, each),
      maxTokens: each.tokens.length,
    }));
  });
  afterAll(() => generator.dispose());

  it('tells in pieces what it says, of each request on its own', async () => {
    const pieces: GenerationPiece[] = [];
    const results = await generator.generate(requests, { onPiece: (piece) => pieces.push(piece) });
    for (const [i, { text, tokens, logprobs }] of results.entries()) {
      const own = pieces.filter(({ request }) => request === i);
      expect(own.map((piece) => piece.text).join('')).toBe(text);
      expect(own.flatMap((piece) => piece.tokens)).toEqual(tokens);
      expect(own.flatMap((piece) => piece.logprobs)).toEqual(logprobs);
      expect(tokens).toEqual(Object.values(tiny.cases)[i]?.tokens);
    }
  });

  it('takes its own answer as a draft whole, another one as far as it agrees', async () => {
    const cases = Object.values(tiny.cases);
    const { steps } = generator.stats;
    const own = requests.map((request, i) => ({ ...request, draft: cases[i]?.tokens ?? [] }));
    for (const [i, found] of (await generator.generate(own)).entries()) {
      const { tokens = [] } = cases[i] ?? {};
      expect(found.tokens).toEqual(tokens);
      expect(found.acceptedTokens).toBe(tokens.length - 1);
    }
    expect(generator.stats.steps).toBe(steps);
    const [request, each] = [requests[0] as PretrainedRequest, cases[0]];
    const tokens = each?.tokens ?? [];
    const draft = tokens.map((token, at) => (at === 4 ? token + 1 : token));
    const [found] = await generator.generate([{ ...request, draft }]);
    // What is left is too short to be taken up again.
    expect(found).toMatchObject({ tokens, acceptedTokens: 4 });
    const [text] = await generator.generate([{ ...request, draft: 'something else .' }]);
    expect(text?.tokens).toEqual(tokens);
    await expect(generator.generate([{ ...request, draft: [-1] }])).rejects.toThrow(
      /expected a draft of tokens/,
    );
  });

  it('stops in the middle of a batch', async () => {
    const abort = new AbortController();
    const long = requests.map((request) => ({ ...request, maxTokens: 60 }));
    const pieces: number[] = [];
    const onPiece = ({ request }: GenerationPiece) => {
      pieces.push(request);
      if (pieces.length === 5) abort.abort(new Error('enough'));
    };
    // Every token is a piece of its own: what is held back would count less.
    const decode = (tokens: readonly number[]) => 'x'.repeat(tokens.length);
    const patient = createPretrainedGenerator(
      {
        ...model,
        endIds: [],
        stopTexts: [],
        tokenizer: { ...model.tokenizer, decode, idToken: () => undefined },
      },
      { maxBatch: 2 },
    );
    await expect(patient.generate(long, { signal: abort.signal, onPiece })).rejects.toThrow('enough');
    expect(pieces.length).toBeLessThan(8);
    // Two at a time, in turns.
    expect(new Set(pieces).size).toBe(2);
    const [after] = await patient.generate([{ ...(long[0] as PretrainedRequest), maxTokens: 3 }]);
    expect(after?.tokens).toEqual(Object.values(tiny.cases)[0]?.tokens.slice(0, 3));
    await patient.dispose();
    const failing = generator.generate(requests, {
      onPiece: () => {
        throw new Error('no more');
      },
    });
    await expect(failing).rejects.toThrow('no more');
  });

  it('takes images as a list or one, not both', async () => {
    const request = requests.find(({ images = [] }) => images.length === 1) as PretrainedRequest;
    const [image = ''] = request.images ?? [];
    await expect(generator.generate([{ ...request, image }])).rejects.toThrow(
      /expected image or images, got both/,
    );
  });

  it('samples by seed, topK and topP', async () => {
    const [request] = requests as [PretrainedRequest];
    const [greedy] = await generator.generate([request]);
    const sampled = async (more: Partial<PretrainedRequest>) => {
      const seeds = [1, 2, 3, 4, 5, 6].map((seed) => ({ ...request, temperature: 2, seed, ...more }));
      return (await generator.generate(seeds)).map(({ tokens }) => String(tokens));
    };
    const free = await sampled({});
    expect(new Set(free).size).toBe(6);
    expect(await sampled({})).toEqual(free);
    for (const more of [{ topK: 1 }, { topP: 1e-6 }])
      expect(new Set(await sampled(more))).toEqual(new Set([String(greedy?.tokens)]));
    const two = (await sampled({ topK: 2 })).map((tokens) => tokens.split(',')[0]);
    expect(new Set(two).size).toBe(2);
    await expect(generator.generate([{ ...request, topK: 0, topP: 0 }])).rejects.toThrow(/topK.*topP/);
  });
});
