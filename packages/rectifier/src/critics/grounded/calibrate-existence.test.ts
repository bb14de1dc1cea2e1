import type { Question, QuestionKind } from '@fgam/data';
import { expect, it } from 'vitest';
import { pictureScenes } from '../../test-support.js';
import { calibrateExistence } from './calibrate-existence.js';

const [picture] = await pictureScenes(1, 71);
if (!picture) throw new Error('no picture');
const ask = (question: string, answer: string, kind: QuestionKind = 'existence') => {
  const asked: Question = { id: question, sample: '1', kind, question, answer };
  return { image: picture.image, question: asked };
};
const options = {
  ontology: { nouns: ['cat', 'dog', 'bird'], attributes: {}, unsaid: {} },
  boxes: [{ x0: 0, y0: 0, x1: 1, y1: 1 }],
  describe: ({ noun }: { noun: string }) => noun,
  scorer: {
    name: 'by noun',
    score: async (requests: readonly { readonly texts: readonly string[] }[]) =>
      requests.map(({ texts }) => [texts.map((text) => ({ cat: 0.9, dog: 0.5, bird: 0.1 })[text] ?? 0)]),
  },
  // All descriptions weigh the same: the evidence is a third of the cosine.
  logitScale: 0,
};

it('sets the line between what is there and what is not', async () => {
  const questions = [
    ask('is there a cat ?', 'yes'),
    ask('is there a dog ?', 'yes'),
    ask('is there a bird ?', 'no'),
  ];
  const { threshold, balancedAccuracy } = await calibrateExistence({ ...options, questions });
  expect(threshold).toBeCloseTo((0.5 + 0.1) / 2 / 3);
  expect(balancedAccuracy).toBe(1);
});

it('passes over what it can not read or does not know', async () => {
  const questions = [
    ask('is there a cat ?', 'yes'),
    ask('is there a bird ?', 'no'),
    ask('is there a cat ?', 'perhaps'),
    ask('is there a horse ?', 'yes'),
    ask('where is the bird ?', 'yes', 'grounding'),
  ];
  const { threshold } = await calibrateExistence({ ...options, questions });
  expect(threshold).toBeCloseTo((0.9 + 0.1) / 2 / 3);
  await expect(calibrateExistence({ ...options, questions: questions.slice(0, 1) })).rejects.toMatchObject({
    code: 'rectifier/bad-config',
  });
});
