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
      const texts = new Map(
        [...groupBy(own, ({ question }) => question)].map(([text, alike]) => [
          text,
          counted(alike.map(({ answer }) => answer)),
        ]),
      );
      const guessed = own.filter(({ question, answer }) => {
        const guess = mostAmongOthers(texts.get(question) ?? [], answer) ?? answers[0]?.[0];
        return guess === answer;
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

/** The first of counted answers once one of them is taken away; undefined where none is left. */
function mostAmongOthers(answers: readonly (readonly [string, number])[], own: string): string | undefined {
  // All others keep their order, so that it is the first of them or the one that is one fewer now.
  const first = answers.find(([answer]) => answer !== own);
  const count = (answers.find(([answer]) => answer === own)?.[1] ?? 0) - 1;
  const left = count > 0 ? [[own, count] as const] : [];
  return [...(first === undefined ? [] : [first]), ...left].sort(byCount)[0]?.[0];
}

/** The most first; of equals in the order of their names. */
function byCount([a, countA]: readonly [string, number], [b, countB]: readonly [string, number]): number {
  return countB - countA || (a < b ? -1 : 1);
}

function counted(values: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(byCount);
}
