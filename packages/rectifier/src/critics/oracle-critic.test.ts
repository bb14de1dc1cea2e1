import { describe, expect, it } from 'vitest';
import { pictureScenes, toSample } from '../test-support.js';
import { injectErrors } from '../examples/inject-errors.js';
import { criticContract } from './critic-contract.test-support.js';
import { createOracleCritic, type OracleTruth } from './oracle-critic.js';

const scenes = await pictureScenes(4, 51);
const truth = scenes.flatMap(({ scene, image, questions }): OracleTruth[] =>
  questions.map((question) => ({ image, question, sample: toSample(scene, question.sample) })),
);
const requests = truth.flatMap(({ image, question }) =>
  [question.answer, ...injectErrors(question).map(({ response }) => response)].map((response) => ({
    image,
    question: question.question,
    response,
  })),
);

criticContract('the oracle critic', () => createOracleCritic({ truth }), requests);

describe('createOracleCritic', () => {
  it('accepts what is right and refuses what is wrong, surely', async () => {
    const critic = createOracleCritic({ truth });
    for (const { image, question } of truth) {
      const [right] = await critic.critique([
        { image, question: question.question, response: question.answer },
      ]);
      expect(right).toEqual({ verdict: 'accept', confidence: 1 });
      for (const { response } of injectErrors(question)) {
        const [wrong] = await critic.critique([{ image, question: question.question, response }]);
        expect(wrong).toMatchObject({ verdict: 'revise', confidence: 1 });
      }
    }
  });

  it('finds a question by the image, and by its text in any case and spacing', async () => {
    const question = {
      id: '1',
      sample: '1',
      kind: 'existence',
      question: 'is there a cat ?',
      answer: 'yes',
    } as const;
    const critic = createOracleCritic({
      truth: [
        { image: 'a.png', question },
        { image: 'b.png', question: { ...question, answer: 'no' } },
        { image: new Uint8Array([1, 2]), question: { ...question, answer: 'no' } },
      ],
    });
    const ask = (image: string | Uint8Array) => ({ image, question: ' Is there a cat?', response: 'yes' });
    // Bytes are known by what is in them.
    const feedbacks = await critic.critique(['a.png', 'b.png', new Uint8Array([1, 2])].map(ask));
    expect(feedbacks.map(({ verdict }) => verdict)).toEqual(['accept', 'revise', 'revise']);
    await expect(critic.critique([ask('c.png')])).rejects.toMatchObject({
      code: 'rectifier/no-truth',
      message: expect.stringContaining('on c.png') as string,
    });
  });
});
