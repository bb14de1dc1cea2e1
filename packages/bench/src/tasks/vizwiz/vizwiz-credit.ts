import { consensusCredit } from '../short-answers/consensus-credit.js';
import { normaliseAnswer, normaliseToken, oneLine, remember } from '../short-answers/normalise-answer.js';

/**
 * Whose rule:
 *
 * - `official`: the prediction is normalised by the VQA rules, people's answers are not.
 * - `llava`: LLaVA normalises a prediction as TextVQA's evaluator does before it is submitted; then the official rule.
 * - `lmms-eval`: both sides are normalised as by TextVQA's evaluator.
 * - `vlmevalkit`: both sides are normalised by the VQA rules.
 */
export type VizWizDialect = 'official' | 'llava' | 'lmms-eval' | 'vlmevalkit';

/**
 * The credit, 0..1, of a prediction against people's answers by a dialect's rule. It remembers what it
 * normalised: make one a score.
 */
export function createVizWizRule(
  dialect: VizWizDialect,
): (answers: readonly string[], prediction: string) => number {
  const vqa = remember((text) => normaliseAnswer(oneLine(text)));
  const m4c = remember(normaliseToken);
  switch (dialect) {
    case 'official':
      return (answers, prediction) => consensusCredit(answers, vqa(prediction));
    case 'llava':
      return (answers, prediction) => consensusCredit(answers, vqa(m4c(prediction)));
    case 'lmms-eval':
      return (answers, prediction) => consensusCredit(answers.map(m4c), m4c(prediction));
    case 'vlmevalkit':
      return (answers, prediction) => consensusCredit(answers.map(vqa), vqa(prediction));
  }
}
