import type { ScoredRow } from '../../compare/compare-systems.js';
import { benchError } from '../../error.js';
import { type CreditedRows, creditRows, creditsOf, inALine, scoredRows } from '../answers/credit-rows.js';
import { percent } from '../answers/percent.js';
import { percentInterval } from '../answers/percent-interval.js';
import { choicePrompt, SHORT_ANSWER } from '../answers/prompts.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask, ScoreInput } from '../benchmark-task.js';
import { choiceOf } from '../choices/choice-of.js';
import { EXACT_MATCHING, inferChoice } from '../choices/infer-choice.js';
import { bothFaults, idsWithoutAnswer } from '../align-rows.js';
import { expectDialect } from '../expect-dialect.js';
import { type AokvqaAnswers, readAokvqaAnswers } from './read-aokvqa-answers.js';
import { type AokvqaItem, readAokvqaTruth } from './read-aokvqa-truth.js';

/**
 * Whose rule for a choice, which must equal the right one: `official` takes it as it is; `llava` also takes
 * its letter, in the forms of LLaVA's ScienceQA evaluation, as LLaVA-1.5 is asked for letters; `vlmevalkit`
 * matches letters and texts of the choices as `inferChoice`. Direct answers have the official rule alone.
 */
type AokvqaDialect = 'official' | 'llava' | 'vlmevalkit';

const DIALECTS: readonly [AokvqaDialect, ...AokvqaDialect[]] = ['official', 'llava', 'vlmevalkit'];
const SETTINGS = ['multiple_choice', 'direct_answer'] as const;

/**
 * A-OKVQA: questions that need knowledge of the world (Schwenk et al. 2022, arXiv:2206.01718). All questions
 * count in `multipleChoice`; `directAnswer` leaves out those marked `difficult_direct_answer`. The official
 * script (github.com/allenai/aokvqa, `evaluation/eval_predictions.py`) does so since its authors mended it in
 * August 2022 (issue 2 there): before, and in copies of that time, it left them out of the multiple choice.
 */
export const aokvqaTask: BenchmarkTask = {
  name: 'aokvqa',
  aliases: ['a-okvqa'],
  title: 'A-OKVQA',
  measures: 'questions about photos that need knowledge of the world',
  inputs:
    "truth: aokvqa_v1p0_val.json, or VLMEvalKit's A-OKVQA.tsv; predictions: official {question_id: {multiple_choice, direct_answer}} or {question_id: answer}, rows with question_id, VLMEvalKit",
  dialects: DIALECTS,
  units: { multipleChoice: 'percent', directAnswer: 'percent' },

  async score(input) {
    const dialect = expectDialect({ name: 'aokvqa', dialects: DIALECTS }, input.dialect);
    const items = await readAokvqaTruth(input.truth);
    const predictions = await readAokvqaAnswers(input.predictions);
    // A file may answer one setting alone; one that answers neither lacks both.
    const isEmpty = predictions.multipleChoice.length + predictions.directAnswer.length === 0;
    const chosen =
      isEmpty || predictions.multipleChoice.length > 0
        ? multipleChoice(items, predictions, dialect, input)
        : undefined;
    const said =
      isEmpty || predictions.directAnswer.length > 0
        ? directAnswer(items, predictions, dialect, input)
        : undefined;
    const base = chosen?.base ?? said?.base;
    if (base === undefined)
      throw benchError(
        'bench/bad-predictions',
        `aokvqa: expected direct answers to questions that have some, or multiple_choice, in ${input.predictions.join(', ')}, got neither; name a file of the truth's split`,
      );
    const options = { seed: input.seed ?? 0 };
    const interval = (rows: CreditedRows<AokvqaItem, string>['rows']) =>
      percentInterval(
        creditsOf(rows),
        rows.map(({ item }) => item.image),
        options,
      );
    return {
      ...base,
      n: items.length,
      missing: idsWithoutAnswer([...(chosen?.rows ?? []), ...(said?.rows ?? [])]).size,
      faults:
        chosen && said ? bothFaults(chosen.base.faults, said.base.faults, 'direct_answer') : base.faults,
      metrics: {
        ...(chosen ? { multipleChoice: percent(creditsOf(chosen.rows)) } : {}),
        ...(said ? { directAnswer: percent(creditsOf(said.rows)) } : {}),
      },
      byCategory: {},
      interval: {
        ...(chosen ? { multipleChoice: interval(chosen.rows) } : {}),
        ...(said ? { directAnswer: interval(said.rows) } : {}),
      },
      rows: {
        ...(chosen
          ? { multipleChoice: askedRows(chosen.rows, 'multiple_choice', ({ rightChoice }) => rightChoice) }
          : {}),
        ...(said
          ? {
              directAnswer: askedRows(said.rows, 'direct_answer', ({ directAnswers = [] }) =>
                inALine(directAnswers),
              ),
            }
          : {}),
      },
      notes: [
        ...(said && said.rows.length < items.length
          ? [
              `directAnswer is of ${said.rows.length} questions: those marked as difficult to answer directly are left out`,
            ]
          : []),
        ...(dialect === 'vlmevalkit' ? [EXACT_MATCHING] : []),
      ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'aokvqa', dialects: DIALECTS }, dialect);
    return (await readAokvqaTruth(truth)).flatMap(({ id, image, question, choices, directAnswers }) => {
      const file = `${image.padStart(12, '0')}.jpg`;
      return [
        { id: `${id}/multiple_choice`, image: file, prompt: choicePrompt(question, choices) },
        ...(directAnswers === undefined
          ? []
          : [{ id: `${id}/direct_answer`, image: file, prompt: `${question}\n${SHORT_ANSWER}` }]),
      ];
    });
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readAokvqaTruth(truth)).flatMap((item) => {
      const row = SETTINGS.flatMap((setting) => {
        const answer = answers.get(`${item.id}/${setting}`);
        if (answer === undefined) return [];
        return [[setting, setting === 'direct_answer' ? answer : choiceText(item, answer)] as const];
      });
      return row.length === 0 ? [] : [[item.id, Object.fromEntries(row)] as const];
    });
    return saveJson(folder, 'aokvqa_predictions.json', Object.fromEntries(rows));
  },
};

/** Rows with the question of their setting. */
function askedRows(
  rows: CreditedRows<AokvqaItem, string>['rows'],
  setting: (typeof SETTINGS)[number],
  truthOf: (item: AokvqaItem) => string,
): ScoredRow[] {
  return scoredRows(rows, ({ image }) => image, truthOf).map((row) => ({
    ...row,
    question: `${row.id}/${setting}`,
  }));
}

/** The choice whose letter is given; the answer itself where it is none. */
function choiceText({ choices }: AokvqaItem, answer: string): string {
  return choices.includes(answer) ? answer : (choices[choiceOf(answer, choices.length) ?? -1] ?? answer);
}

function multipleChoice(
  items: readonly AokvqaItem[],
  { multipleChoice: predictions }: AokvqaAnswers,
  dialect: AokvqaDialect,
  input: ScoreInput,
): CreditedRows<AokvqaItem, string> {
  const read = (item: AokvqaItem, answer: string): string => {
    if (dialect === 'official') return answer;
    if (dialect === 'llava') return choiceText(item, answer);
    return item.choices[inferChoice(answer, item.choices) ?? -1] ?? '';
  };
  return creditRows(
    {
      ...{ task: 'aokvqa', dialect, items, predictions },
      creditOf: (item, answer) => (read(item, answer) === item.rightChoice ? 1 : 0),
      isParsable: (item, answer) => item.choices.includes(read(item, answer)),
    },
    input,
  );
}

/** `min(1, equal answers / 3)`: no answer is left out and nothing is normalised. */
function directAnswer(
  items: readonly AokvqaItem[],
  { directAnswer: predictions }: AokvqaAnswers,
  dialect: AokvqaDialect,
  input: ScoreInput,
): CreditedRows<AokvqaItem, string> | undefined {
  const asked = items.filter(({ directAnswers }) => directAnswers !== undefined);
  if (asked.length === 0) return undefined;
  const left = new Set(items.filter(({ directAnswers }) => directAnswers === undefined).map(({ id }) => id));
  return creditRows(
    {
      ...{ task: 'aokvqa', dialect, items: asked },
      predictions: predictions.filter(({ id }) => !left.has(id)),
      creditOf: ({ directAnswers = [] }, answer) =>
        Math.min(1, directAnswers.filter((each) => each === answer).length / 3),
    },
    input,
  );
}
