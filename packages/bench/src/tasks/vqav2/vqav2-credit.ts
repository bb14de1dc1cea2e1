import { consensusCredit } from '../short-answers/consensus-credit.js';
import { normaliseAnswer, normaliseToken, oneLine, remember } from '../short-answers/normalise-answer.js';

/**
 * Whose rule:
 *
 * - `official`: the script of VQA. Both sides are normalised only if people's answers are not all equal.
 * - `llava`: LLaVA normalises a prediction as TextVQA's evaluator does before it is submitted; then the official rule.
 * - `lmms-eval`: the prediction is always normalised as by LLaVA, people's answers only if they are not all equal; a comma between digits is
 *   looked for as TextVQA's evaluator does.
 */
export type Vqav2Dialect = 'official' | 'llava' | 'lmms-eval';

/** The credit, 0..1, of a prediction against people's answers; `read` is done to each answer as it is read. */
export interface Vqav2Rule {
  readonly read: (answer: string) => string;
  readonly creditOf: (answers: readonly string[], prediction: string) => number;
}

/** The rule of a dialect. It remembers what it normalised: make one a score. */
export function createVqav2Rule(dialect: Vqav2Dialect): Vqav2Rule {
  const read = remember(oneLine);
  const comma = dialect === 'lmms-eval' ? 'several' : 'one';
  const normalise = remember((text) => normaliseAnswer(text, comma));
  const prepare = dialect === 'official' ? read : remember(normaliseToken);
  return {
    read,
    creditOf(answers, prediction) {
      const prepared = read(prepare(prediction));
      const [first] = answers;
      if (answers.every((answer) => answer === first)) return consensusCredit(answers, prepared);
      return consensusCredit(answers.map(normalise), normalise(prepared));
    },
  };
}
