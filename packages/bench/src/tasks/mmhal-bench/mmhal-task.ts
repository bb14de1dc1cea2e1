import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';
import { ratioInterval } from '../../bootstrap.js';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { JUDGED_DIALECTS } from '../judged-values.js';
import { mean } from '../mean.js';
import { rateMmhal } from './rate-mmhal.js';
import { MMHAL_TYPES, readMmhalPredictions, readMmhalRows, readMmhalTruth } from './read-mmhal.js';

/** Ratings below are of answers with a hallucination. */
const NO_HALLUCINATION = 3;

/**
 * MMHal-Bench: open questions that tempt to hallucinate, rated 0..6 by a language model (Sun et al. 2023,
 * arXiv:2309.14525). `score` is the mean rating, `hallucinationRate` the share of ratings below 3. A question
 * without an answer has rating 0.
 */
export const mmhalTask: BenchmarkTask = {
  name: 'mmhal-bench',
  aliases: ['mmhal'],
  title: 'MMHal-Bench',
  measures: 'open questions of 8 types that tempt to hallucinate, rated by a judge',
  inputs:
    'truth: response_template.json; predictions: the same rows with model_answer, or question_id and text, with a judge (gpt-4-0314 for published numbers); or the list of its replies that the official script saves, without one',
  dialects: JUDGED_DIALECTS,
  units: { score: '0..6', hallucinationRate: '0..1' },

  async score(input) {
    const questions = await readMmhalTruth(input.truth);
    const predictions = await readMmhalPredictions(input.predictions, questions);
    const { rows, faults } = alignRows('mmhal-bench', questions, predictions, input.allowMissing);
    const answered = rows.flatMap(({ item, answer }) => (answer === undefined ? [] : [{ item, answer }]));
    const { dialect, values, notes } = await rateMmhal(answered, input);
    const ratingOf = new Map(answered.map(({ item }, index) => [item.id, values[index]]));
    const rated = questions.map(({ id, type }) => ({ id, type, rating: ratingOf.get(id) ?? 0 }));
    const metricsOf = (own: typeof rated) => ({
      score: mean(own.map(({ rating }) => rating)),
      hallucinationRate: mean(own.map(({ rating }) => (rating < NO_HALLUCINATION ? 1 : 0))),
    });
    const intervalOf = (value: (rating: number) => number) =>
      ratioInterval(
        rated.map(({ rating }) => value(rating)),
        rated.map(() => 1),
        rated.map(({ id }) => id),
        { seed: input.seed ?? 0 },
      );
    return {
      task: 'mmhal-bench',
      dialect,
      n: rows.length,
      missing: rows.length - answered.length,
      metrics: metricsOf(rated),
      byCategory: Object.fromEntries(
        MMHAL_TYPES.flatMap((type) => {
          const own = rated.filter((row) => row.type === type);
          return own.length === 0 ? [] : [[type, metricsOf(own)]];
        }),
      ),
      interval: {
        score: intervalOf((rating) => rating),
        hallucinationRate: intervalOf((rating) => (rating < NO_HALLUCINATION ? 1 : 0)),
      },
      faults: {
        ...faults,
        unparsable: answered.flatMap(({ item }) => (ratingOf.get(item.id) === undefined ? [item.id] : [])),
      },
      notes,
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'mmhal-bench', dialects: JUDGED_DIALECTS }, dialect);
    return (await readMmhalTruth(truth)).map(({ id, imageUrl, question }) => ({
      ...{ id, image: imageUrl.split('/').at(-1) ?? id, prompt: question },
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readMmhalRows(truth))
      .filter((row) => answers.has(row.image_id))
      .map((row) => ({ ...row, model_answer: answers.get(row.image_id) }));
    await makeFolder(folder);
    const file = join(folder, 'mmhal-bench_answers.json');
    await writeAtomic(file, `${JSON.stringify(rows, undefined, 2)}\n`);
    return [file];
  },
};
