import { ERROR_TYPES as PAPER_TYPES } from '@fgam/bench';
import type { Issue, Question, QuestionKind } from '@fgam/data';

/** The paper's types of error, and one more that scenes have questions of. */
export const ERROR_TYPES = [...PAPER_TYPES, 'grounding'] as const;

/** One of them. */
export type ErrorType = (typeof ERROR_TYPES)[number];

/**
 * What a wrong answer to a question is an error of; a caption may have several, and questions about a
 * place are not in test scenes.
 */
export const ERROR_OF_KIND: Readonly<Partial<Record<QuestionKind, ErrorType>>> = {
  existence: 'object',
  attribute: 'attribute',
  spatial: 'relation',
  reasoning: 'reasoning',
  grounding: 'grounding',
};

/**
 * Types of error that feedback names, each once. A short answer can be wrong in one way only, whatever a
 * critic calls it; a caption has a type for each kind of issue (`caption object`, ...), and
 * `caption omission` for what it leaves out.
 */
export function errorTypes({ kind }: Question, issues: readonly Issue[]): readonly string[] {
  if (kind !== 'caption') return [ERROR_OF_KIND[kind] ?? kind];
  const types = issues.map((issue) => `caption ${isOmission(issue) ? 'omission' : issue.kind}`);
  return types.length === 0 ? ['caption'] : [...new Set(types)];
}

/** `there is a red circle`: said of a caption that does not name it. */
function isOmission({ kind, correction = '' }: Issue): boolean {
  return kind === 'object' && /^there is (?!no )/.test(correction);
}
