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

/** The credit, 0..1, of a prediction against people's answers by a dialect's rule. It remembers what it normalised: make one a score. */
export function createVqav2Rule(
  dialect: Vqav2Dialect,
): (answers: readonly string[], prediction: string) => number {
  const comma = dialect === 'lmms-eval' ? 'several' : 'one';
  const line = remember(oneLine);
  const normalise = remember((text) => normaliseAnswer(oneLine(text), comma));
  const prepare = dialect === 'official' ? (text: string) => text : remember(normaliseToken);
  return (answers, prediction) => {
    const [first = ''] = answers;
    const isUnanimous = answers.every((answer) => answer === first || line(answer) === line(first));
    const read = isUnanimous ? line : normalise;
    return consensusCredit(answers, read(prepare(prediction)), read);
  };
}
