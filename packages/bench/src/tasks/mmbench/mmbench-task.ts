import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';
import writeSheet from 'write-excel-file/node';
import { ratioInterval } from '../../bootstrap.js';
import type { ScoredRow } from '../../compare/compare-systems.js';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask, Metrics } from '../benchmark-task.js';
import { inferOption } from '../choices/infer-option.js';
import { expectDialect } from '../expect-dialect.js';
import { judgedDialect } from '../judged-dialect.js';
import { saveTableImages } from '../files/save-table-images.js';
import { judgeNotes } from '../judge-notes.js';
import { MMBENCH_PROMPT } from './mmbench-prompt.js';
import { readMmbenchImages, readMmbenchPredictions, readMmbenchTruth } from './read-mmbench.js';
import { judgeMmbench, type MmbenchQuestion, type MmbenchVerdict, scoreMmbench } from './score-mmbench.js';

/**
 * Whose rule for an answer: `official` and `lmms-eval` as `inferOption`; `fgam-judge` is the official rule
 * where this project's own prompt was put to a judge for some answers.
 */
type MmbenchDialect = 'official' | 'lmms-eval' | 'fgam-judge';

const DIALECTS: readonly [MmbenchDialect, ...MmbenchDialect[]] = ['official', 'lmms-eval', 'fgam-judge'];

/** What LLaVA-1.5's evaluation adds to a question with options. */
const LETTER = "Answer with the option's letter from the given choices directly.";

/**
 * MMBench: multiple choice, each question asked once a rotation of its options (Liu et al. 2023,
 * arXiv:2307.06281). `circular` is the share of questions that are right under every rotation, `vanilla`
 * that of the unturned ones.
 */
export const mmbenchTask: BenchmarkTask = {
  name: 'mmbench',
  title: 'MMBench',
  measures: 'multiple choice under every rotation of the options (CircularEval)',
  inputs:
    'truth: mmbench_*.tsv or XLSX with answers; predictions: XLSX or TSV with index and prediction, LLaVA, lmms-eval, VLMEvalKit; optional: a judge for answers that name no option',
  dialects: DIALECTS,
  units: { circular: '0..1', vanilla: '0..1' },

  async score(input) {
    const named = judgedDialect({ name: 'mmbench', dialects: DIALECTS }, input);
    const rule = named === 'lmms-eval' ? 'lmms-eval' : 'vlmevalkit';
    const truth = await readMmbenchTruth(input.truth);
    const predictions = await readMmbenchPredictions(input.predictions);
    const { rows, faults } = alignRows('mmbench', truth, predictions, input.allowMissing);
    const matched = rows.map(({ item, answer }): MmbenchVerdict => {
      const option = answer === undefined ? undefined : inferOption(answer, item.options, rule);
      return { item, answer, option };
    });
    const { judge, judgePrompt, signal } = input;
    const prompt = judgePrompt ?? MMBENCH_PROMPT.text;
    const { verdicts, asked } =
      judge === undefined
        ? { verdicts: matched, asked: 0 }
        : await judgeMmbench(matched, { rule, prompt, judge, signal });
    const questions = scoreMmbench(verdicts);
    const parts = (key: 'category' | 'group'): [string, Metrics][] =>
      [...new Set(questions.flatMap(({ first }) => first[key] ?? []))]
        .sort()
        .map((name) => [name, ratesOf(questions.filter(({ first }) => first[key] === name))]);
    const intervalOf = (kind: 'circular' | 'vanilla') =>
      ratioInterval(
        questions.map((question) => (question[kind] ? 1 : 0)),
        questions.map(() => 1),
        questions.map(({ first }) => first.id),
        { seed: input.seed ?? 0 },
      );
    const answers = new Map(rows.map(({ item, answer }) => [item.id, answer]));
    const rowsOf = (kind: 'circular' | 'vanilla'): ScoredRow[] =>
      questions.map((question) => {
        const { id, answer: truth } = question.first;
        return { id, group: id, value: question[kind] ? 1 : 0, answer: answers.get(id), truth };
      });
    return {
      task: 'mmbench',
      // Where letters and texts told all, the number hangs on no prompt.
      dialect: input.dialect === undefined && asked === 0 ? DIALECTS[0] : named,
      n: questions.length,
      missing: rows.filter(({ answer }) => answer === undefined).length,
      metrics: ratesOf(questions),
      byCategory: Object.fromEntries([...parts('group'), ...parts('category')]),
      interval: { circular: intervalOf('circular'), vanilla: intervalOf('vanilla') },
      faults: {
        ...faults,
        unparsable: verdicts.flatMap(({ item, answer, option }) =>
          answer !== undefined && option === undefined ? [item.id] : [],
        ),
      },
      rows: { circular: rowsOf('circular'), vanilla: rowsOf('vanilla') },
      notes: [
        `${questions.length} questions in ${rows.length} rows`,
        ...(judge === undefined || asked === 0
          ? []
          : [...judgeNotes(judge, MMBENCH_PROMPT.version, judgePrompt), `answers judged: ${asked}`]),
      ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'mmbench', dialects: DIALECTS }, dialect);
    return (await readMmbenchTruth(truth)).map(({ id, question, hint, text, options }) => ({
      id,
      image: question,
      prompt: [
        ...(hint === undefined ? [] : [hint]),
        text,
        ...Object.entries(options).map(([letter, option]) => `${letter}. ${option}`),
        LETTER,
      ].join('\n'),
    }));
  },

  async saveImages(truth, folder) {
    const rows = await readMmbenchTruth(truth);
    const names = new Map(rows.map(({ question }) => [question, question]));
    await saveTableImages('mmbench', await readMmbenchImages(truth), names, folder);
  },
  async savePredictions(truth, answers, folder) {
    const rows = (await readMmbenchTruth(truth)).filter(({ id }) => answers.has(id));
    await makeFolder(folder);
    const file = join(folder, 'mmbench_answers.xlsx');
    const head = ['index', 'question', 'A', 'B', 'C', 'D', 'prediction'].map((value) => ({ value }));
    const sheet = rows.map(({ id, text, options }) => [
      { value: Number(id) },
      ...[text, options['A'], options['B'], options['C'], options['D'], answers.get(id)].map((value) =>
        value === undefined || value === '' ? null : { value, type: String },
      ),
    ]);
    await writeAtomic(file, await writeSheet([head, ...sheet]).toBuffer());
    return [file];
  },
};

function ratesOf(questions: readonly MmbenchQuestion[]): { circular: number | null; vanilla: number | null } {
  const share = (kind: 'circular' | 'vanilla') =>
    questions.length === 0 ? null : questions.filter((question) => question[kind]).length / questions.length;
  return { circular: share('circular'), vanilla: share('vanilla') };
}
