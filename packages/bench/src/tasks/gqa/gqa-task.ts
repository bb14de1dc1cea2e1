import { readJson } from '@fgam/data';
import { basename } from 'node:path';
import { benchError } from '../../error.js';
import { asCategories, creditRows } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { SHORT_ANSWER } from '../answers/prompts.js';
import { stripText } from '../answers/python-text.js';
import { idText, isFields, readAnswers } from '../answers/read-answers.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { listFiles } from '../files/list-files.js';
import { type GqaAttention, gqaMetrics } from './gqa-metrics.js';
import { type GqaTruth, readGqaTruth } from './read-gqa-truth.js';

/**
 * Whose rule for an answer, which must then equal the truth:
 *
 * - `official`: as it is.
 * - `llava`: lower case, without periods at the end.
 * - `lmms-eval`: both sides in lower case without punctuation.
 * - `vlmevalkit`: both sides in lower case without the white space around them.
 */
type GqaDialect = 'official' | 'llava' | 'lmms-eval' | 'vlmevalkit';

const DIALECTS: readonly [GqaDialect, ...GqaDialect[]] = ['official', 'llava', 'lmms-eval', 'vlmevalkit'];

/** Python's `string.punctuation`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

const READ: Readonly<
  Record<GqaDialect, { readonly said: (text: string) => string; readonly truth: (text: string) => string }>
> = {
  official: { said: same, truth: same },
  llava: { said: (text) => withoutStops(text).toLowerCase(), truth: same },
  'lmms-eval': { said: plain, truth: plain },
  vlmevalkit: { said: bare, truth: bare },
};

/** Choices as the dialect reads right answers. */
function readChoices(
  choices: GqaTruth['choices'],
  read: (text: string) => string,
): Pick<GqaTruth, 'choices'> {
  if (choices === undefined) return {};
  const all = (answers: ReadonlySet<string>) => new Set([...answers].map(read));
  return {
    choices: new Map(
      [...choices].map(([id, { valid, plausible }]) => [
        id,
        { valid: all(valid), plausible: all(plausible) },
      ]),
    ),
  };
}

function withoutStops(text: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === '.') end -= 1;
  return text.slice(0, end);
}

/** Names of files with attention maps. */
const ATTENTIONS = /attentions?\.json$/i;

/** GQA: compositional questions about scenes (Hudson and Manning 2019, arXiv:1902.09506). */
export const gqaTask: BenchmarkTask = {
  name: 'gqa',
  title: 'GQA',
  measures: 'compositional questions about scenes',
  inputs:
    'truth: *_questions.json, also *_choices.json (validity, plausibility) and *_sceneGraphs.json (grounding), or a folder; ' +
    'predictions: official [{questionId, prediction}], LLaVA, lmms-eval, VLMEvalKit, and *_attentions.json {questionId: map}',
  dialects: DIALECTS,
  units: {
    ...Object.fromEntries(
      ['accuracy', 'binary', 'open', 'validity', 'plausibility', 'consistency', 'grounding'].map((name) => [
        name,
        'percent',
      ]),
    ),
    ...Object.fromEntries(
      ['perStructuralType', 'perSemanticType', 'perSteps', 'perLength'].map((name) => [name, 'percent']),
    ),
    distribution: 'chi-square / 100',
  },

  async score(input) {
    const dialect = expectDialect({ name: 'gqa', dialects: DIALECTS }, input.dialect);
    const { said, truth: read } = READ[dialect];
    const truth = await readGqaTruth(input.truth);
    const files = await listFiles(
      input.predictions,
      /\.(?:jsonl?|tsv|csv|xlsx)$/i,
      '*.json',
      'bench/bad-predictions',
    );
    const predictions = await readAnswers(
      'gqa',
      files.filter((file) => !ATTENTIONS.test(basename(file))),
      { ids: ['questionId', 'id', 'question_id'], answers: ['prediction'] },
    );
    // The official script wants answers to unbalanced questions for the consistency alone.
    const answered = new Set(predictions.map(({ id }) => id));
    const items = truth.items
      .filter(({ id, isBalanced }) => isBalanced || answered.has(id))
      .map((item) => ({ ...item, answer: read(item.answer) }));
    const unanswered = truth.items.length - items.length;
    const attentions = await readAttentions(files.filter((file) => ATTENTIONS.test(basename(file))));
    const { rows, base } = creditRows(
      {
        ...{ task: 'gqa', dialect, items },
        predictions: predictions.map(({ id, answer }) => ({ id, answer: said(answer) })),
        creditOf: (item, answer: string) => (answer === item.answer ? 1 : 0),
      },
      input,
    );
    const metrics = gqaMetrics(
      rows,
      { ...truth, ...readChoices(truth.choices, read) },
      attentions.size > 0 ? attentions : undefined,
    );
    const balanced = rows.filter(({ item }) => item.isBalanced);
    const { perStructuralType, perSemanticType } = metrics;
    return {
      ...base,
      n: balanced.length,
      missing: balanced.filter(({ answer }) => answer === undefined).length,
      metrics,
      byCategory: { ...partsOf(perStructuralType), ...partsOf(perSemanticType) },
      ...meanCredit('accuracy', balanced, {
        groupOf: ({ image }) => image,
        truthOf: ({ answer }) => answer,
        seed: input.seed,
      }),
      notes: [
        ...(truth.choices ? [] : ['validity and plausibility need *_choices.json among the truth']),
        ...(unanswered > 0
          ? [`${unanswered} unbalanced questions have no answer: consistency is of those that have one`]
          : []),
        ...(balanced.length < truth.items.length ? ['accuracy is of the balanced questions alone'] : []),
      ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'gqa', dialects: DIALECTS }, dialect);
    return (await readGqaTruth(truth)).items.map(({ id, image, question }) => ({
      id,
      image: `${image}.jpg`,
      prompt: `${question}\n${SHORT_ANSWER}`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readGqaTruth(truth)).items.flatMap(({ id }) => {
      const prediction = answers.get(id);
      return prediction === undefined ? [] : [{ questionId: id, prediction }];
    });
    return saveJson(folder, 'gqa_predictions.json', rows);
  },
};

function same(text: string): string {
  return text;
}

function plain(text: string): string {
  return text.toLowerCase().replace(PUNCTUATION, '');
}

function bare(text: string): string {
  return stripText(text).toLowerCase();
}

function partsOf(value: unknown): Record<string, Record<string, number | null>> {
  if (!isFields(value)) return {};
  const entries = Object.entries(value).filter(
    (entry): entry is [string, number | null] => entry[1] === null || typeof entry[1] === 'number',
  );
  return asCategories(Object.fromEntries(entries), 'accuracy');
}

async function readAttentions(files: readonly string[]): Promise<ReadonlyMap<string, GqaAttention>> {
  const maps = new Map<string, GqaAttention>();
  for (const file of files) {
    const value = await readJson(file);
    for (const [id, map] of attentionEntries(value)) {
      if (id === undefined || !isSquare(map))
        throw benchError(
          'bench/bad-predictions',
          `gqa: ${file}: ${id ?? 'a row'}: expected an attention map with as many columns as rows of numbers; write one list a column`,
        );
      maps.set(id, map);
    }
  }
  return maps;
}

/** Rows of `{questionId, attention}`, or maps by question id. */
function attentionEntries(value: unknown): [string | undefined, unknown][] {
  if (Array.isArray(value))
    return (value as readonly unknown[]).map((row) =>
      isFields(row) ? [idText(row['questionId']), row['attention']] : [undefined, undefined],
    );
  return isFields(value) ? Object.entries(value) : [];
}

function isSquare(value: unknown): value is GqaAttention {
  return (
    Array.isArray(value) &&
    value.every(
      (column: unknown) =>
        Array.isArray(column) &&
        column.length === value.length &&
        column.every((each) => typeof each === 'number'),
    )
  );
}
