import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { asCategories, creditRows, creditsOf } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { choiceLetter, choicePrompt } from '../answers/prompts.js';
import { type Fields, isFields, readAnswers } from '../answers/read-answers.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { choiceOf } from '../choices/choice-of.js';
import { EXACT_MATCHING, inferChoice } from '../choices/infer-choice.js';
import { expectDialect } from '../expect-dialect.js';
import { readScienceQaTruth, type ScienceQaItem, type ScienceQaTruth } from './read-scienceqa-truth.js';

/**
 * Whose rule for an answer:
 *
 * - `official`: the index of a choice, from 0.
 * - `llava`: a letter as `choiceOf` reads it. All else is wrong.
 * - `lmms-eval`: the right letter, or a text that begins with it and a period.
 * - `vlmevalkit`: letters and texts of the choices as `inferChoice` matches them.
 */
type ScienceQaDialect = 'official' | 'llava' | 'lmms-eval' | 'vlmevalkit';

const DIALECTS: readonly [ScienceQaDialect, ...ScienceQaDialect[]] = [
  'official',
  'llava',
  'lmms-eval',
  'vlmevalkit',
];

/** Decimal places that the official script prints. */
const PLACES = 2;

/** The split that is scored unless another one is answered whole. */
const SPLIT = 'test';

/** ScienceQA: school questions with choices, half of them with an image (Lu et al. 2022, arXiv:2209.09513). */
export const scienceQaTask: BenchmarkTask = {
  name: 'scienceqa',
  aliases: ['science-qa', 'sqa'],
  title: 'ScienceQA',
  measures: 'school questions with choices, with and without an image',
  inputs:
    'truth: problems.json and pid_splits.json, or a folder of them, or VLMEvalKit\'s ScienceQA_TEST.tsv; predictions: official {"results": {id: index}}, LLaVA (question_id, text), VLMEvalKit',
  dialects: DIALECTS,
  units: { accuracy: 'percent', imageAccuracy: 'percent' },

  async score(input) {
    const dialect = expectDialect({ name: 'scienceqa', dialects: DIALECTS }, input.dialect);
    const truth = await readScienceQaTruth(input.truth);
    const predictions = await readScienceQaAnswers(input.predictions);
    const { split, items, absent } = splitOf(truth, predictions);
    if (dialect === 'official') refuseTexts(predictions);
    const { rows, base } = creditRows(
      {
        ...{ task: 'scienceqa', dialect, items, predictions },
        creditOf: (item, answer) => (indexOf(item, answer, dialect) === item.answer ? 1 : 0),
        isParsable: (item, answer) => indexOf(item, answer, dialect) !== undefined,
      },
      input,
    );
    const byCategory = percentByCategory(
      rows,
      ({ credit }) => credit,
      ({ item }) => categoriesOf(item),
      PLACES,
    );
    return {
      ...base,
      metrics: {
        accuracy: percent(creditsOf(rows), PLACES),
        imageAccuracy: percent(creditsOf(rows.filter(({ item }) => item.hasImage)), PLACES),
      },
      byCategory: asCategories(byCategory, 'accuracy'),
      ...meanCredit('accuracy', rows, {
        groupOf: ({ id }) => id,
        truthOf: ({ choices, answer }) => `${choiceLetter(answer)}: ${choices[answer] ?? ''}`,
        seed: input.seed,
      }),
      notes: [
        `split: ${split}`,
        ...(absent > 0 ? [`${absent} ids of the split are not among the problems and not counted`] : []),
        ...(dialect === 'vlmevalkit' ? [EXACT_MATCHING] : []),
      ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'scienceqa', dialects: DIALECTS }, dialect);
    const read = await readScienceQaTruth(truth);
    return splitOf(read, []).items.map((item) => ({
      id: item.id,
      ...(item.hasImage ? { image: `${item.split}/${item.id}/image.png` } : {}),
      prompt: choicePrompt(item.question, item.choices, item.hint === '' ? '' : `Context: ${item.hint}`),
    }));
  },

  async savePredictions(truth, answers, folder) {
    const { problems } = await readScienceQaTruth(truth);
    const indices = [...answers].flatMap(([id, answer]) => {
      const item = problems.get(id);
      // What names no choice is saved as -1: the official script takes any integer and counts it wrong.
      return item === undefined ? [] : [[id, choiceOf(answer.trim(), item.choices.length) ?? -1] as const];
    });
    return saveJson(folder, 'scienceqa_results.json', {
      results: Object.fromEntries(indices),
      outputs: Object.fromEntries(answers),
    });
  },
};

async function readScienceQaAnswers(paths: readonly string[]): Promise<readonly PredictedRow<string>[]> {
  return readAnswers('scienceqa', paths, {
    ids: ['question_id', 'id'],
    answers: ['answer', 'prediction'],
    rowsOf: (file: Fields) => {
      const results = isFields(file['results']) ? file['results'] : undefined;
      return results ? Object.entries(results).map(([id, answer]) => ({ id, answer })) : [file];
    },
    textOf: (answer) =>
      typeof answer === 'number' ? String(answer) : typeof answer === 'string' ? answer : undefined,
  });
}

/** The problems of the split that the predictions answer whole, else of the test split. */
function splitOf(
  { problems, splits }: ScienceQaTruth,
  predictions: readonly PredictedRow<string>[],
): { readonly split: string; readonly items: readonly ScienceQaItem[]; readonly absent: number } {
  const answered = new Set(predictions.map(({ id }) => id));
  const itemsOf = (split: string) => (splits.get(split) ?? []).flatMap((id) => problems.get(id) ?? []);
  const whole = [...splits.keys()].find((split) => {
    const items = itemsOf(split);
    return items.length > 0 && items.length === answered.size && items.every(({ id }) => answered.has(id));
  });
  const split = whole ?? (splits.has(SPLIT) ? SPLIT : [...splits.keys()][0]) ?? SPLIT;
  const items = itemsOf(split);
  if (items.length === 0)
    throw benchError(
      'bench/bad-truth',
      `scienceqa: expected problems of the ${split} split, got none; name the official problems.json`,
    );
  return { split, items, absent: (splits.get(split)?.length ?? 0) - items.length };
}

function refuseTexts(predictions: readonly PredictedRow<string>[]): void {
  const text = predictions.find(({ answer }) => !/^-?\d+$/.test(answer.trim()));
  if (text !== undefined)
    throw benchError(
      'bench/bad-predictions',
      `scienceqa: ${text.id}: expected the index of a choice by the official rule, got ${JSON.stringify(text.answer.slice(0, 40))}; score texts by the llava dialect`,
    );
}

/** The choice that an answer names; undefined where it names none. */
function indexOf(item: ScienceQaItem, answer: string, dialect: ScienceQaDialect): number | undefined {
  const count = item.choices.length;
  if (dialect === 'llava') return choiceOf(answer, count);
  if (dialect === 'vlmevalkit') return inferChoice(answer, item.choices);
  if (dialect === 'official') {
    const index = Number(answer.trim());
    return index >= 0 && index < count ? index : undefined;
  }
  const isRight = answer === choiceLetter(item.answer);
  const letter = isRight ? answer : /^\p{Lu}\./u.test(answer) ? answer[0] : undefined;
  const index =
    letter === undefined ? -1 : item.choices.findIndex((_, place) => choiceLetter(place) === letter);
  return index < 0 ? undefined : index;
}

/** The columns of the official table that a problem counts in. */
function categoriesOf({ subject, hint, hasImage, grade }: ScienceQaItem): string[] {
  return [
    ...(subject === undefined ? [] : [subject]),
    ...(hint === '' ? [] : ['text context']),
    ...(hasImage ? ['image context'] : []),
    ...(hint === '' && !hasImage ? ['no context'] : []),
    ...(grade === undefined ? [] : [grade <= 6 ? 'grades 1-6' : 'grades 7-12']),
  ];
}
