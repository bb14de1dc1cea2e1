import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';
import type { ScoredRow } from '../../compare/compare-systems.js';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { knownIntervals } from '../known-intervals.js';
import { plainMmeQuestion } from './mme-question-id.js';
import { MME_TASK_NAMES } from './mme-tasks.js';
import { type MmeDialect, parseMmeAnswer } from './parse-mme-answer.js';
import { readMmePredictions } from './read-mme-predictions.js';
import { readMmeTruth } from './read-mme-truth.js';
import { type MmeImage, mmeInterval, mmeSum, mmeTaskScores } from './score-mme.js';

const DIALECTS: readonly [MmeDialect, ...MmeDialect[]] = ['official', 'lmms-eval', 'vlmevalkit'];

/** What LLaVA-1.5's evaluation asks in place of the question's own ending. */
const SHORT_ANSWER = 'Answer the question using a single word or phrase.';

/** MME: yes/no questions in pairs, over 14 tasks of perception and cognition (Fu et al. 2023, arXiv:2306.13394). */
export const mmeTask: BenchmarkTask = {
  name: 'mme',
  title: 'MME',
  measures: 'yes/no questions in pairs: 10 tasks of perception, 4 of cognition',
  inputs:
    'truth: a folder of <task>.txt, the released data, or rows of lmms-eval or VLMEvalKit; predictions: <task>.txt (may be the same files), LLaVA, lmms-eval, VLMEvalKit',
  dialects: DIALECTS,
  units: {
    perception: '0..2000',
    cognition: '0..800',
    ...Object.fromEntries(MME_TASK_NAMES.map((task) => [`tasks.${task}`, '0..200'])),
    score: '0..200',
    accuracy: 'percent',
    accuracyPlus: 'percent',
  },

  async score(input) {
    const dialect = expectDialect({ name: 'mme', dialects: DIALECTS }, input.dialect);
    const questions = await readMmeTruth(input.truth);
    const predictions = await readMmePredictions(input.predictions);
    const { rows, faults } = alignRows('mme', questions, predictions, input.allowMissing);
    const images = new Map<string, MmeImage & { readonly right: boolean[] }>();
    const unparsable: string[] = [];
    const scored: ScoredRow[] = [];
    for (const { item, answer } of rows) {
      const said = answer === undefined ? undefined : parseMmeAnswer(answer, dialect);
      if (answer !== undefined && said === undefined) unparsable.push(item.id);
      const key = `${item.task}/${item.image}`;
      const image = images.get(key) ?? { task: item.task, image: item.image, right: [] };
      images.set(key, image);
      image.right.push(said === item.answer);
      scored.push({
        ...{ id: item.id, group: key, value: said === item.answer ? 1 : 0 },
        ...{ answer, truth: item.answer },
      });
    }
    const pairs = [...images.values()];
    const scores = mmeTaskScores(pairs);
    const absent = MME_TASK_NAMES.filter((task) => !scores.has(task));
    const options = { seed: input.seed ?? 0 };
    return {
      task: 'mme',
      dialect,
      n: rows.length,
      missing: rows.filter(({ answer }) => answer === undefined).length,
      metrics: {
        perception: mmeSum('perception', scores),
        cognition: mmeSum('cognition', scores),
        tasks: Object.fromEntries([...scores].map(([task, { score }]) => [task, score])),
      },
      byCategory: Object.fromEntries([...scores].map(([task, score]) => [task, { ...score }])),
      interval: knownIntervals({
        perception: mmeInterval('perception', pairs, options),
        cognition: mmeInterval('cognition', pairs, options),
      }),
      faults: { ...faults, unparsable },
      rows: { accuracy: scored },
      notes:
        absent.length > 0 ? [`the sums are without ${absent.join(', ')}: the truth has none of them`] : [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'mme', dialects: DIALECTS }, dialect);
    return (await readMmeTruth(truth)).map(({ id, task, image, question }) => ({
      id,
      // Tasks have images of the same names, each in a folder of its own.
      image: image.includes('/') ? image : `${task}/${image}`,
      prompt: `${plainMmeQuestion(question)}\n${SHORT_ANSWER}`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const questions = await readMmeTruth(truth);
    await makeFolder(folder);
    const files: string[] = [];
    for (const task of new Set(questions.map((question) => question.task))) {
      const lines = questions
        .filter((question) => question.task === task && answers.has(question.id))
        .map(({ id, image, question, answer }) => {
          const said = (answers.get(id) ?? '').replace(/[\t\r\n]+/g, ' ');
          return `${[image, question, answer === 'yes' ? 'Yes' : 'No', said].join('\t')}\n`;
        });
      const file = join(folder, `${task}.txt`);
      await writeAtomic(file, lines.join(''));
      files.push(file);
    }
    return files;
  },
};
