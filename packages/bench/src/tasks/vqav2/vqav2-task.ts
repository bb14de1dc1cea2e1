import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { asCategories, creditRows, creditsOf } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { SHORT_ANSWER } from '../answers/prompts.js';
import { readAnswers } from '../answers/read-answers.js';
import { saveJson } from '../answers/save-json.js';
import { savedId } from '../files/id-text.js';
import { readVqav2Questions, readVqav2Truth } from './read-vqav2-truth.js';
import { createVqav2Rule, type Vqav2Dialect } from './vqav2-credit.js';

const DIALECTS: readonly [Vqav2Dialect, ...Vqav2Dialect[]] = [
  'official',
  'llava',
  'lmms-eval',
  'lmms-eval-0.3',
];

/** Decimal places of the official script. */
const PLACES = 2;

/**
 * VQAv2: open questions about COCO images, scored against ten people's answers (Goyal et al.
 * 2017, arXiv:1612.00837).
 */
export const vqav2Task: BenchmarkTask = {
  name: 'vqav2',
  aliases: ['vqa-v2', 'vqa'],
  title: 'VQAv2',
  measures: 'open questions about photos, against the answers of ten people',
  inputs:
    'truth: v2_mscoco_*_annotations.json and, for questions, v2_OpenEnded_mscoco_*_questions.json, or a folder of them (OK-VQA has the same form); ' +
    'predictions: official [{question_id, answer}], LLaVA, lmms-eval',
  dialects: DIALECTS,
  units: { overall: 'percent', perAnswerType: 'percent', perQuestionType: 'percent' },

  async score(input) {
    const dialect = expectDialect({ name: 'vqav2', dialects: DIALECTS }, input.dialect);
    const rule = createVqav2Rule(dialect);
    const predictions = await readAnswers('vqav2', input.predictions, {
      ids: ['question_id'],
      answers: ['answer'],
    });
    const answerOf = new Map<string, string>();
    for (const { id, answer } of predictions) answerOf.set(id, answer);
    const items = await readVqav2Truth(input.truth, (id, answers) => {
      const answer = answerOf.get(id);
      return answer === undefined ? 0 : rule(answers, answer);
    });
    const { rows, base } = creditRows(
      {
        ...{ task: 'vqav2', dialect, items, predictions },
        creditOf: ({ credit }) => credit,
      },
      input,
    );
    const perAnswerType = percentByCategory(
      rows,
      ({ credit }) => credit,
      ({ item }) => item.answerType,
      PLACES,
    );
    const perQuestionType = percentByCategory(
      rows,
      ({ credit }) => credit,
      ({ item }) => item.questionType,
      PLACES,
    );
    return {
      ...base,
      metrics: { overall: percent(creditsOf(rows), PLACES), perAnswerType, perQuestionType },
      byCategory: {
        ...asCategories(perAnswerType, 'overall'),
        ...asCategories(perQuestionType, 'overall', 'question type: '),
      },
      ...meanCredit('overall', rows, {
        groupOf: ({ image }) => image,
        truthOf: ({ truth }) => truth,
        seed: input.seed,
      }),
      notes: [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'vqav2', dialects: DIALECTS }, dialect);
    return (await readVqav2Questions(truth)).map(({ id, image, question }) => ({
      ...{ id, image },
      prompt: `${question}\n${SHORT_ANSWER}`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readVqav2Questions(truth)).flatMap(({ id }) => {
      const answer = answers.get(id);
      return answer === undefined ? [] : [{ question_id: savedId(id), answer }];
    });
    return saveJson(folder, 'vqav2_results.json', rows);
  },
};
