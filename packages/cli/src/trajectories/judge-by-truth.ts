import { correctionExamples, foldSpace, isBlank } from '@fgam/rectifier';
import type { SceneData } from '../scene-data.js';
import type { JudgedResponse } from './judged-response.js';
import type { OwnResponse } from './own-response.js';

/**
 * Judges responses by what is true, and corrects wrong ones as training corrects drafts (`correctionExamples`).
 *
 * @throws FgamError `rectifier/no-truth` for a question whose truth can't be read
 */
export function judgeByTruth(responses: readonly OwnResponse[], data: SceneData): JudgedResponse[] {
  const { samples } = data;
  const said = responses.filter(({ response }) => !isBlank(response));
  const questions = [...new Set(said.map(({ question }) => question))];
  const drafts = said.map(({ question, response }) => ({ question: question.id, response }));
  const examples = correctionExamples({ questions, samples, wrongShare: 0, drafts }).filter(
    ({ source }) => source === 'model',
  );
  const exampleOf = new Map(said.map((own, i) => [own, examples[i]]));
  return responses.map((own): JudgedResponse => {
    const example = exampleOf.get(own);
    if (example === undefined) return { ...own, outcome: 'blank' };
    const { feedback, revised } = example;
    if (feedback.verdict === 'accept') return { ...own, outcome: 'accepted', feedback };
    if (foldSpace(revised) === foldSpace(own.response)) return { ...own, outcome: 'without-correction' };
    const corrected = { response: revised, feedback: { verdict: 'accept' } } as const;
    return { ...own, outcome: 'corrected', feedback, corrected };
  });
}
