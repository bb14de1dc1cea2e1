import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerBalance } from './answer-balance.js';
import type { Question } from '../records.js';

type Asked = Parameters<typeof answerBalance>[0][number];
const asked = (question: string, answer: string, index: number) =>
  ({
    id: String(index),
    sample: '',
    kind: 'existence',
    question,
    answer,
    truth: { type: 'object' },
  }) as unknown as Asked;

/** The share that is guessed from the others of the same words, question by question. */
function plainly(questions: readonly Question[]): number {
  const mostOf = (list: readonly Question[]) => {
    const count = (answer: string) => list.filter((each) => each.answer === answer).length;
    return [...new Set(list.map(({ answer }) => answer))].sort(
      (a, b) => count(b) - count(a) || (a < b ? -1 : 1),
    )[0];
  };
  const guessed = questions.filter((question) => {
    const others = questions.filter((each) => each !== question && each.question === question.question);
    return (mostOf(others) ?? mostOf(questions)) === question.answer;
  });
  return guessed.length / questions.length;
}

it('is how often the most frequent answer to the others of the same words is right', () => {
  const one = fc.tuple(fc.constantFrom('p', 'q'), fc.constantFrom('yes', 'no', 'two'));
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), (list) => {
      const questions = list.map(([question, answer], index) => asked(question, answer, index));
      expect(answerBalance(questions)['object' as never]).toMatchObject({ byText: plainly(questions) });
    }),
  );
});

it('reads as many questions of the same words as a data set has', () => {
  // Half an hour, where each were looked at from each other one.
  const questions = Array.from({ length: 120_000 }, (_, i) =>
    asked('is there a person ?', i % 3 ? 'yes' : 'no', i),
  );
  expect(answerBalance(questions)['object' as never]).toMatchObject({ byText: 2 / 3 });
});
