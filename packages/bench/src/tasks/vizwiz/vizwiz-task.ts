import { type AlignedRows, alignRows, bothFaults, idsWithoutAnswer } from '../align-rows.js';
import { asCategories, creditRows, creditsOf, inALine } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { SHORT_ANSWER } from '../answers/prompts.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkScore, BenchmarkTask, ScoreInput } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { answerabilityRates } from './answerability.js';
import { readVizWizAnswers, type VizWizAnswers } from './read-vizwiz-answers.js';
import { readVizWizTruth, type VizWizItem } from './read-vizwiz-truth.js';
import { createVizWizRule, type VizWizDialect } from './vizwiz-credit.js';

const DIALECTS: readonly [VizWizDialect, ...VizWizDialect[]] = [
  'official',
  'llava',
  'lmms-eval',
  'vlmevalkit',
];

/** What LLaVA-1.5 adds to VizWiz's questions: the word for what can't be answered (arXiv:2310.03744, appendix A). */
const UNANSWERABLE = "When the provided information is insufficient, respond with 'Unanswerable'.";

/** VizWiz-VQA: questions that blind people asked about photos they took (Gurari et al. 2018, arXiv:1802.08218). */
export const vizWizTask: BenchmarkTask = {
  name: 'vizwiz',
  aliases: ['vizwizqa', 'vizwiz-vqa'],
  title: 'VizWizQA',
  measures: "blind people's questions about their photos, against the answers of ten people",
  inputs:
    'truth: val.json; predictions: official [{image, answer}] and [{image, answerable}], LLaVA, lmms-eval, VLMEvalKit',
  dialects: DIALECTS,
  units: {
    overall: 'percent',
    perAnswerType: 'percent',
    answerabilityAveragePrecision: 'percent',
    answerabilityF1: 'percent',
  },

  async score(input) {
    const dialect = expectDialect({ name: 'vizwiz', dialects: DIALECTS }, input.dialect);
    const rule = createVizWizRule(dialect);
    const items = await readVizWizTruth(input.truth);
    const predictions = await readVizWizAnswers(input.predictions, items);
    // A file of chances alone is a submission to the second task.
    const isAnswered = predictions.answers.length > 0 || predictions.answerable.length === 0;
    if (!isAnswered) return answerabilityScore(dialect, items, predictions, input);
    const { rows, base } = creditRows(
      {
        ...{ task: 'vizwiz', dialect, items, predictions: predictions.answers },
        creditOf: ({ answers }, answer) => rule(answers, answer),
      },
      input,
    );
    const typed = rows.filter(({ item }) => item.answerType !== undefined);
    const perAnswerType = percentByCategory(
      typed,
      ({ credit }) => credit,
      ({ item }) => item.answerType ?? '',
      2,
    );
    const second = answerability(items, predictions, input);
    return {
      ...base,
      missing: idsWithoutAnswer([...rows, ...second.rows]).size,
      faults: bothFaults(base.faults, { ...second.faults, unparsable: [] }, 'answerable'),
      metrics: { overall: percent(creditsOf(rows), 2), perAnswerType, ...second.metrics },
      byCategory: asCategories(perAnswerType, 'overall'),
      ...meanCredit('overall', rows, {
        groupOf: ({ id }) => id,
        truthOf: ({ answers }) => inALine(answers),
        seed: input.seed,
      }),
      notes: [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'vizwiz', dialects: DIALECTS }, dialect);
    return (await readVizWizTruth(truth)).map(({ id, question }) => ({
      ...{ id, image: id },
      prompt: `${question}\n${UNANSWERABLE}\n${SHORT_ANSWER}`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readVizWizTruth(truth)).flatMap(({ id }) => {
      const answer = answers.get(id);
      return answer === undefined ? [] : [{ image: id, answer }];
    });
    return saveJson(folder, 'vizwiz_predictions.json', rows);
  },
};

/** The score of a submission to the second task alone. */
function answerabilityScore(
  dialect: VizWizDialect,
  items: readonly VizWizItem[],
  predictions: VizWizAnswers,
  input: ScoreInput,
): BenchmarkScore {
  const { metrics, rows, faults } = answerability(items, predictions, input);
  const missing = idsWithoutAnswer(rows).size;
  return {
    ...{ task: 'vizwiz', dialect, n: items.length, missing, metrics, byCategory: {}, interval: {} },
    faults: { ...faults, unparsable: [] },
    notes: ['the predictions have no answers: answerability alone is scored'],
  };
}

/** The second task's rates, where chances are given; a missing one is 1: that the question can be answered. */
function answerability(
  items: readonly VizWizItem[],
  { answerable }: VizWizAnswers,
  { allowMissing }: ScoreInput,
): Pick<BenchmarkScore, 'metrics'> & AlignedRows<VizWizItem, number> {
  if (answerable.length === 0)
    return { metrics: {}, rows: [], faults: { missing: [], duplicate: [], unknown: [] } };
  const { rows, faults } = alignRows('vizwiz answerability', items, answerable, allowMissing);
  const { averagePrecision, f1 } = answerabilityRates(
    rows.flatMap(({ item, answer }) =>
      item.answerable === undefined ? [] : [{ answerable: item.answerable, predicted: answer ?? 1 }],
    ),
  );
  return {
    metrics: { answerabilityAveragePrecision: averagePrecision, answerabilityF1: f1 },
    rows,
    faults,
  };
}
