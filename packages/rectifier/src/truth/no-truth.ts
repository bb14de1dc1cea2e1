import type { Question } from '@fgam/data';
import { rectifierError } from '../error.js';

/** The error `rectifier/no-truth` about a question whose truth can't be read. */
export function noTruth(question: Question, expected: string): Error {
  return rectifierError(
    'rectifier/no-truth',
    `feedbackFor: expected ${expected}, got ${JSON.stringify(question.question)} with answer ` +
      `${JSON.stringify(question.answer)} (question ${question.id}); leave it out, or pass its ontology`,
  );
}
