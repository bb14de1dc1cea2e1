import { listIds } from '../../error.js';
import { asCategories, creditRows, creditsOf, inALine } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { SHORT_ANSWER } from '../answers/prompts.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { savedId } from '../files/id-text.js';
import { consensusCredit } from '../short-answers/consensus-credit.js';
import { normaliseAnswer, normaliseToken, oneLine, remember } from '../short-answers/normalise-answer.js';
import { readTextVqaAnswers } from './read-textvqa-answers.js';
import { readTextVqaTruth } from './read-textvqa-truth.js';

/**
 * Whose rule: `official` is the evaluator of m4c, which LLaVA and lmms-eval share; `vlmevalkit` leaves out
 * its step before the VQA rules, so that `cat's` stays a word and a comma between digits counts.
 */
type TextVqaDialect = 'official' | 'vlmevalkit';

const DIALECTS: readonly [TextVqaDialect, ...TextVqaDialect[]] = ['official', 'vlmevalkit'];

const NORMALISE: Readonly<Record<TextVqaDialect, (text: string) => string>> = {
  official: normaliseToken,
  vlmevalkit: (text) => normaliseAnswer(oneLine(text)),
};

/** Decimal places of LLaVA's script. */
const PLACES = 2;

/** TextVQA: questions about text in photos (Singh et al. 2019, arXiv:1904.08920). */
export const textVqaTask: BenchmarkTask = {
  name: 'textvqa',
  aliases: ['text-vqa'],
  title: 'TextVQA',
  measures: 'reading text in photos, against the answers of ten people',
  inputs:
    "truth: TextVQA_0.5.1_val.json or VLMEvalKit's TextVQA_VAL.tsv; predictions: [{question_id, answer}], LLaVA (by image and prompt), lmms-eval, VLMEvalKit",
  dialects: DIALECTS,
  units: { overall: 'percent', perAnswerType: 'percent' },

  async score(input) {
    const dialect = expectDialect({ name: 'textvqa', dialects: DIALECTS }, input.dialect);
    const normalise = remember(NORMALISE[dialect]);
    const truth = await readTextVqaTruth(input.truth);
    const { items, predictions, merged } = await readTextVqaAnswers(input.predictions, truth);
    const { rows, base } = creditRows(
      {
        ...{ task: 'textvqa', dialect, items, predictions },
        creditOf: ({ answers }, answer) => consensusCredit(answers.map(normalise), normalise(answer)),
      },
      input,
    );
    const perAnswerType = percentByCategory(
      rows.filter(({ item }) => item.answerType !== undefined),
      ({ credit }) => credit,
      ({ item }) => item.answerType ?? '',
      PLACES,
    );
    return {
      ...base,
      metrics: { overall: percent(creditsOf(rows), PLACES), perAnswerType },
      byCategory: asCategories(perAnswerType, 'overall'),
      ...meanCredit('overall', rows, {
        groupOf: ({ image }) => image,
        truthOf: ({ answers }) => inALine(answers),
        seed: input.seed,
      }),
      notes:
        merged.length === 0
          ? []
          : [
              `credited by the answers of a later question of the same image and words, as by LLaVA's evaluation: ${listIds(merged)}`,
            ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'textvqa', dialects: DIALECTS }, dialect);
    return (await readTextVqaTruth(truth)).map(({ id, image, question, ocrTokens }) => ({
      id,
      image: `${image}.jpg`,
      // LLaVA-1.5 shows the model what an OCR system read.
      prompt: [
        question,
        ...(ocrTokens.length > 0 ? [`Reference OCR token: ${ocrTokens.join(', ')}`] : []),
        SHORT_ANSWER,
      ].join('\n'),
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readTextVqaTruth(truth)).flatMap(({ id }) => {
      const answer = answers.get(id);
      return answer === undefined ? [] : [{ question_id: savedId(id), answer }];
    });
    return saveJson(folder, 'textvqa_predictions.json', rows);
  },
};
