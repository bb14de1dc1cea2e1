import { type BoxUnit, iou } from '@fgam/data';
import { type BootstrapOptions, type Interval, ratioInterval } from '../../bootstrap.js';
import { asCategories, creditRows, creditsOf, inALine, scoredRows } from '../answers/credit-rows.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { percentInterval } from '../answers/percent-interval.js';
import { SHORT_ANSWER } from '../answers/prompts.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { knownIntervals } from '../known-intervals.js';
import { normaliseAnswer, oneLine } from '../short-answers/normalise-answer.js';
import { type GvqaAnswer, type GvqaItem, readGvqaAnswers, readGvqaTruth } from './read-gvqa.js';

const DIALECTS: readonly ['official'] = ['official'];

/** Overlap from which a box is right. */
const FOUND_IOU = 0.5;

/** That there is no benchmark to be equal to. */
const NOTE =
  'there is no public benchmark named Grounded VQA: the form of the files and the rule are defined here';

/**
 * Grounded VQA: an answer with the box it is about. Precision@1 is the share of questions with a box whose
 * first predicted box has an IoU of 0.5 or more with one of the true boxes; an answer is right where it
 * equals one of the true answers by the normalisation of VQA.
 */
export const gvqaTask: BenchmarkTask = {
  name: 'gvqa',
  aliases: ['grounded-vqa'],
  title: 'GVQA',
  measures: 'answers together with the box they are about',
  inputs:
    'truth: rows {id, image, question, answer or answers, box or boxes [x0, y0, x1, y1]}; predictions: rows {id, answer, box}, boxes in the same unit',
  dialects: DIALECTS,
  units: { precisionAt50: '0..1', answerAccuracy: 'percent', bothRight: '0..1' },

  async score(input) {
    const dialect = expectDialect({ name: 'gvqa', dialects: DIALECTS }, input.dialect);
    const items = await readGvqaTruth(input.truth);
    const predictions = await readGvqaAnswers(input.predictions);
    const { rows, base } = creditRows(
      {
        ...{ task: 'gvqa', dialect, items, predictions },
        creditOf: (item, { answer }: GvqaAnswer) => (isRightAnswer(item, answer) ? 1 : 0),
        isParsable: ({ boxes }, { box }) => boxes.length === 0 || box !== undefined,
      },
      input,
    );
    const grounded = rows
      .filter(({ item }) => item.boxes.length > 0)
      .map((row) => ({ ...row, found: isFound(row.item, row.answer?.box) ? 1 : 0 }));
    const founds = grounded.map(({ found }) => found);
    const both = grounded.map(({ found, credit }) => found * credit);
    const options = { seed: input.seed ?? 0 };
    const groups = grounded.map(({ item }) => item.image);
    const typed = rows.filter(({ item }) => item.type !== undefined);
    return {
      ...base,
      metrics: {
        precisionAt50: share(founds),
        answerAccuracy: percent(creditsOf(rows)),
        bothRight: share(both),
      },
      byCategory: asCategories(
        percentByCategory(
          typed,
          ({ credit }) => credit,
          ({ item }) => item.type ?? '',
        ),
        'answerAccuracy',
      ),
      interval: knownIntervals({
        precisionAt50: shareInterval(founds, groups, options),
        answerAccuracy: percentInterval(
          creditsOf(rows),
          rows.map(({ item }) => item.image),
          options,
        ),
        bothRight: shareInterval(both, groups, options),
      }),
      rows: {
        answerAccuracy: scoredRows(
          rows.map(({ answer, ...row }) => ({ ...row, answer: answer?.answer })),
          ({ image }) => image,
          ({ answers }) => inALine(answers),
        ),
      },
      notes: [NOTE],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'gvqa', dialects: DIALECTS }, dialect);
    return (await readGvqaTruth(truth)).map(({ id, image, question }) => ({
      ...{ id, image },
      prompt: `${question}\n${SHORT_ANSWER}\nThen give the box of what you answer about as [x0, y0, x1, y1] in fractions of the image.`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readGvqaTruth(truth)).flatMap(({ id }) => {
      const text = answers.get(id);
      return text === undefined ? [] : [{ id, ...answerAndBox(text) }];
    });
    return saveJson(folder, 'gvqa_predictions.jsonl', rows);
  },
};

/** As `precisionAt50` of the other grounding tasks: 0..1, null without a question that has a box. */
function share(hits: readonly number[]): number | null {
  return hits.length === 0 ? null : hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
}

function shareInterval(
  hits: readonly number[],
  groups: readonly string[],
  options: BootstrapOptions,
): Interval {
  return ratioInterval(
    hits,
    hits.map(() => 1),
    groups,
    options,
  );
}

function isRightAnswer({ answers }: GvqaItem, answer: string): boolean {
  const plain = normaliseAnswer(oneLine(answer));
  return answers.some((each) => normaliseAnswer(oneLine(each)) === plain);
}

function isFound({ boxes }: GvqaItem, box: BoxUnit | undefined): boolean {
  return box !== undefined && boxes.some((each) => iou(each, box) >= FOUND_IOU);
}

/** A model's text, cut into the answer and the first box in it. */
function answerAndBox(text: string): { readonly answer: string; readonly box?: readonly number[] } {
  const match = /\[\s*([\d.]+)\s*,\s*([\d.]+)\s*,\s*([\d.]+)\s*,\s*([\d.]+)\s*\]/.exec(text);
  if (match === null) return { answer: text.trim() };
  return { answer: text.slice(0, match.index).trim(), box: match.slice(1).map(Number) };
}
