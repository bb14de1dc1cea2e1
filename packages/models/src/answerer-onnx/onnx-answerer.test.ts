import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answererContract } from '../../../data/src/answerer-contract.test-support.js';
import { createPretrainedAnswerer } from '../answerer-pretrained.js';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { readTinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { loadTransformers } from './load-transformers.js';
import { openOnnxAnswerer } from './onnx-answerer.js';

const checkpoint = await readTinyCheckpoint('tiny-llava');
const model = `${checkpoint.folder}-onnx`;
// Of the size that the model reads: the library's resizing is not that of the reference.
const image = join(checkpoint.folder, 'images/exact.png');
const formatPrompt = (question: string, revision?: { response: string; feedback: string }) =>
  revision === undefined
    ? question
    : `${question} You said: ${revision.response} Feedback: ${revision.feedback}`;

answererContract('an ONNX export', {
  make: () => openOnnxAnswerer({ model, formatPrompt, maxTokens: 6 }),
  requests: () =>
    ['What is in the image?', 'Is it red?', 'How many?'].map((question) => ({ image, question })),
});

describe('an ONNX export', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('says what the checkpoint says here, whose tokens are those of transformers', async () => {
    const answerer = await openOnnxAnswerer({ model, formatPrompt });
    const own = createPretrainedAnswerer(await loadPretrained(checkpoint.folder), { formatPrompt });
    const revision = { response: 'a square', feedback: 'object : no square' };
    const requests = [
      { image, question: 'What is in the image?', maxTokens: 12 },
      { image, question: 'What is in the image?', maxTokens: 12, revision },
      { image, question: 'Is <image> red?', maxTokens: 12 },
      { question: 'Is snow red?', maxTokens: 12 },
    ];
    const answers = await answerer.answer(requests);
    expect(answers).toEqual(await own.answer(requests));
    await Promise.all([answerer.dispose(), own.dispose()]);
  });

  it('samples by seeds, also where two are asked at the same time', async () => {
    const answerers = await Promise.all([1, 2].map(() => openOnnxAnswerer({ model, formatPrompt })));
    const requests = [1, 2, 1].map((seed) => ({
      image,
      question: 'Is it red?',
      maxTokens: 8,
      temperature: 2,
      seed,
    }));
    const [a, b] = await Promise.all(answerers.map((answerer) => answerer.answer(requests)));
    expect(a).toEqual(b);
    expect(a?.[0]).toEqual(a?.[2]);
    expect(a?.[0]).not.toEqual(a?.[1]);
    await Promise.all(answerers.map((answerer) => answerer.dispose()));
  });

  it('says which files to put where', async () => {
    const open = (choice: object) => openOnnxAnswerer({ model, formatPrompt, ...choice });
    await expect(open({ weights: 'q8' })).rejects.toMatchObject({
      code: 'models/missing-file',
      message: expect.stringMatching(
        /missing: onnx\/vision_encoder_quantized\.onnx, .*hf download .* --local-dir FOLDER.*which then holds config\.json/,
      ) as string,
    });
    await expect(open({ weights: 'in8' as 'q8' })).rejects.toThrow(/expected weights to be .*got in8/);
    await expect(open({ model: join(folder, 'none') })).rejects.toThrow(/missing: the folder/);
    // No connection, or no such model: the same to whoever asks.
    await expect(open({ model: 'fgam-nobody/no-such-model', modelCache: folder })).rejects.toMatchObject({
      code: 'models/missing-file',
      message: expect.stringMatching(/fetching it failed.*hf download/) as string,
    });
  });

  it('refuses kinds that it does not know, and files that are broken', async () => {
    const copy = join(folder, 'copy');
    await cp(model, copy, { recursive: true });
    await writeFile(join(copy, 'onnx/decoder_model_merged.onnx'), 'none');
    await expect(openOnnxAnswerer({ model: copy, formatPrompt })).rejects.toMatchObject({
      code: 'models/bad-checkpoint',
    });
    await writeFile(join(copy, 'config.json'), JSON.stringify({ model_type: 'bert' }));
    await expect(openOnnxAnswerer({ model: copy, formatPrompt })).rejects.toMatchObject({
      code: 'models/bad-checkpoint',
    });
  });

  it('names an image that is not there', async () => {
    const answerer = await openOnnxAnswerer({ model, formatPrompt });
    await expect(answerer.answer([{ image: 'none.png', question: 'q' }])).rejects.toMatchObject({
      code: 'data/missing-file',
    });
    await answerer.dispose();
  });

  it('says so where it is freed in the middle of an answer', async () => {
    const answerer = await openOnnxAnswerer({ model, formatPrompt });
    const request = { image, question: 'What is in the image?', maxTokens: 60 };
    const answers = answerer.answer([request, request]);
    await answerer.dispose();
    await expect(answers).rejects.toMatchObject({ code: 'models/disposed' });
  });

  it('says how to install what is not there', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'));
    await expect(loadTransformers(load)).rejects.toMatchObject({
      code: 'models/missing-package',
      message: expect.stringContaining('npm install @huggingface/transformers@') as string,
    });
  });
});
