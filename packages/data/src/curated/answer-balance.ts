import type { CuratedType, Question } from '../records.js';
import { groupBy } from './group-by.js';

/** How far a type's answers can be guessed without the image. */
export interface AnswerBalance {
  readonly questions: number;
  /** The ten most frequent answers with their numbers, most first. */
  readonly answers: readonly (readonly [string, number])[];
  /** Accuracy of always giving the most frequent answer. */
  readonly majority: number;
  /**
   * Accuracy of giving what the other questions of the same words were most often answered; where there are
   * none, the most frequent answer.
   */
  readonly byText: number;
}

/** Answers that are shown of each type. */
const SHOWN = 10;

/** The balance of each type's answers. */
export function answerBalance(questions: readonly Question[]): Partial<Record<CuratedType, AnswerBalance>> {
  const byType = groupBy(questions, ({ truth }) => truth?.type);
  return Object.fromEntries(
    [...byType].flatMap(([type, own]) => {
      if (type === undefined) return [];
      const answers = counted(own.map(({ answer }) => answer));
      const texts = groupBy(own, ({ question }) => question);
      const guessed = own.filter((question) => {
        const others = (texts.get(question.question) ?? []).filter((other) => other !== question);
        const [guess] = counted(others.map(({ answer }) => answer))[0] ?? answers[0] ?? [];
        return guess === question.answer;
      });
      const balance: AnswerBalance = {
        questions: own.length,
        answers: answers.slice(0, SHOWN),
        majority: (answers[0]?.[1] ?? 0) / own.length,
        byText: guessed.length / own.length,
      };
      return [[type, balance]];
    }),
  );
}

function counted(values: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
}
