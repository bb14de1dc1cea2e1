import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answererContract } from '../../data/src/answerer-contract.test-support.js';
import type { ModelAnswerer } from './answerer.js';
import { createPretrainedAnswerer } from './answerer-pretrained.js';
import { loadPretrained } from './checkpoint/load-pretrained.js';
import { readTinyCheckpoint } from './families/tiny-checkpoint.test-support.js';
import { createPretrainedGenerator } from './generation/pretrained-generator.js';
import { expectSameRevisions } from './revisions.test-support.js';

/** As eq. 4 has it, for a model with turns of its own. */
const formatPrompt = (question: string, revision?: { response: string; feedback: string }) =>
  revision === undefined
    ? question
    : `${question} You said: ${revision.response} Feedback: ${revision.feedback}`;

const families = await Promise.all(
  ['tiny-llava', 'tiny-qwen2-vl', 'tiny-instructblip', 'tiny-blip2', 'tiny-minigpt4'].map(async (name) => {
    const { folder, cases } = await readTinyCheckpoint(name);
    const images = [...new Set(Object.values(cases).flatMap((each) => each.images))].map((path) =>
      join(folder, path),
    );
    return { name, images, model: await loadPretrained(folder) };
  }),
);

for (const { name, images, model } of families) {
  answererContract(name, {
    make: async () => createPretrainedAnswerer(model, { formatPrompt, maxTokens: 6 }),
    requests: () =>
      ['What is it?', 'Is it red?', 'How many?'].map((question, i) => ({
        image: images[i % images.length] ?? '',
        question,
      })),
  });

  describe(`${name} as it is asked`, () => {
    let answerer: ModelAnswerer;
    beforeAll(() => {
      answerer = createPretrainedAnswerer(model, { formatPrompt });
    });
    afterAll(() => answerer.dispose());

    it('has its own chat template, at its own image', async () => {
      const generator = createPretrainedGenerator(model);
      const { chatTemplate, imageToken, family } = model;
      const image = images[0] ?? '';
      const revision = { response: 'a cat', feedback: 'object : a dog' };
      const text = 'What is it? You said: a cat Feedback: object : a dog';
      const content = [{ type: 'image' as const }, { type: 'text' as const, text }];
      const plain = family.imagesFirst === true ? text : `${imageToken}\n${text}`;
      const prompt =
        family.imagesFirst === true ? text : (chatTemplate?.render([{ role: 'user', content }]) ?? plain);
      const [expected] = await generator.generate([{ image, prompt, maxTokens: 8 }]);
      const [answer] = await answerer.answer([{ image, question: 'What is it?', revision, maxTokens: 8 }]);
      expect(answer).toEqual({ text: expected?.text.trim(), tokens: expected?.tokens.length });
      await generator.dispose();
    });

    it('takes a question that names its image token, and samples by seeds', async () => {
      const request = { image: images[0] ?? '', question: `What is ${model.imageToken} ?`, maxTokens: 8 };
      const sample = async (seed: number) =>
        (await answerer.answer([{ ...request, temperature: 3, seed }]))[0];
      expect(await answerer.answer([request])).toHaveLength(1);
      expect(await sample(1)).toEqual(await sample(1));
      expect(await sample(1)).not.toEqual(await sample(2));
    });
  });

  it(`${name} says the same in revisions with drafts as without`, () =>
    expectSameRevisions({
      open: (options) => createPretrainedAnswerer(model, options),
      images,
      words: ['a', 'red', 'circle', 'left', 'of', 'the', 'blue', 'square', 'two'],
      cases: 40,
    }));
}
