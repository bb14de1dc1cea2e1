import { consensusCredit } from '../short-answers/consensus-credit.js';
import { normaliseAnswer, normaliseToken, oneLine, remember } from '../short-answers/normalise-answer.js';

/**
 * Whose rule:
 *
 * - `official`: the script of VQA. Both sides are normalised only if people's answers are not all equal.
 * - `llava`: LLaVA normalises a prediction as TextVQA's evaluator does before it is submitted; then the official rule.
 * - `lmms-eval`: both sides of every question are normalised, once (its pull requests 760 and 794, in its
 *   code since August 2025); a comma between digits is looked for as TextVQA's evaluator does.
 * - `lmms-eval-0.3`: its rule before July 2025. The prediction is always normalised as by LLaVA, and both
 *   sides again if people's answers are not all equal.
 */
export type Vqav2Dialect = 'official' | 'llava' | 'lmms-eval' | 'lmms-eval-0.3';

/**
 * The credit, 0..1, of a prediction against people's answers by a dialect's rule. It remembers what it
 * normalised: make one a score.
 */
export function createVqav2Rule(
  dialect: Vqav2Dialect,
): (answers: readonly string[], prediction: string) => number {
  const comma = dialect.startsWith('lmms-eval') ? 'several' : 'one';
  const line = remember(oneLine);
  const normalise = remember((text) => normaliseAnswer(oneLine(text), comma));
  const isPrepared = dialect === 'llava' || dialect === 'lmms-eval-0.3';
  const prepare = isPrepared ? remember(normaliseToken) : (text: string) => text;
  return (answers, prediction) => {
    const [first = ''] = answers;
    const isUnanimous = answers.every((answer) => answer === first || line(answer) === line(first));
    const read = isUnanimous && dialect !== 'lmms-eval' ? line : normalise;
    return consensusCredit(answers, read(prepare(prediction)), read);
  };
}
