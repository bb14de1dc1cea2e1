import { ERROR_TYPES as PAPER_TYPES, errorTypeOf } from '@fgam/bench';
import type { Feedback, Issue, Question } from '@fgam/data';
import { isAcceptance, isOmission } from '@fgam/rectifier';

/** The paper's types of error, and one more that scenes have questions of. */
export const ERROR_TYPES = [...PAPER_TYPES, 'grounding'] as const;

/**
 * Types of error that feedback names, each once. A short answer can be wrong in one way only, whatever a
 * critic calls it; a caption has a type for each kind of issue (`caption object`, ...), and
 * `caption omission` for what it leaves out.
 */
export function errorTypes({ kind }: Question, issues: readonly Issue[]): readonly string[] {
  if (kind !== 'caption') return [errorTypeOf(kind)];
  const types = issues.map((issue) => `caption ${isOmission(issue) ? 'omission' : issue.kind}`);
  return types.length === 0 ? ['caption'] : [...new Set(types)];
}

/** {@link errorTypes} of what feedback refuses; none of an acceptance. */
export function refusedTypes(question: Question, feedback: Feedback): readonly string[] {
  return isAcceptance(feedback) || feedback.verdict === 'accept' ? [] : errorTypes(question, feedback.issues);
}
