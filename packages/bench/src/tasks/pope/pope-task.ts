import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { parsePopeAnswer, type PopeDialect } from './parse-pope-answer.js';
import { readPopePredictions } from './read-pope-predictions.js';
import { POPE_SPLITS, readPopeTruth } from './read-pope-truth.js';
import { popeIntervals, popeRates, type PopeRow } from './score-pope.js';

const DIALECTS: readonly [PopeDialect, ...PopeDialect[]] = ['official', 'lmms-eval', 'vlmevalkit'];

/**
 * What LLaVA-1.5's evaluation adds to a question that is answered in a word: the second line of
 * its public POPE questions.
 */
const SHORT_ANSWER = 'Answer the question using a single word or phrase.';

/**
 * POPE: is this object in the image? (Li et al. 2023, arXiv:2305.10355).
 *
 * The headline is the random split, as in the paper, or the first of those given; of the other two dialects
 * all splits together, which is what these toolkits print first.
 */
export const popeTask: BenchmarkTask = {
  name: 'pope',
  title: 'POPE',
  measures: 'object hallucination: is this object in the image?',
  inputs:
    'truth: coco_pope_{random,popular,adversarial}.json, or a folder of them; predictions: official, LLaVA, lmms-eval, VLMEvalKit',
  dialects: DIALECTS,
  units: { accuracy: '0..1', precision: '0..1', recall: '0..1', f1: '0..1', yesRatio: '0..1' },

  async score(input) {
    const dialect = expectDialect({ name: 'pope', dialects: DIALECTS }, input.dialect);
    const questions = await readPopeTruth(input.truth);
    const predictions = await readPopePredictions(input.predictions, questions);
    const aligned = alignRows('pope', questions, predictions, input.allowMissing);
    const rows: PopeRow[] = aligned.rows.map(({ item, answer }) => ({
      item,
      answer: answer === undefined ? undefined : (parsePopeAnswer(answer, dialect) ?? 'neither'),
    }));
    const splits = [...new Set(questions.map(({ split }) => split))];
    const headline = POPE_SPLITS.find((split) => splits.includes(split)) ?? splits[0];
    const ofSplit = (split: string | undefined) => rows.filter(({ item }) => item.split === split);
    const counted = dialect === 'official' ? ofSplit(headline) : rows;
    return {
      task: 'pope',
      dialect,
      n: rows.length,
      missing: rows.filter(({ answer }) => answer === undefined).length,
      metrics: popeRates(counted, dialect),
      byCategory: Object.fromEntries(splits.map((split) => [split, popeRates(ofSplit(split), dialect)])),
      interval: popeIntervals(counted, dialect, { seed: input.seed ?? 0 }),
      faults: {
        ...aligned.faults,
        unparsable: rows.filter(({ answer }) => answer === 'neither').map(({ item }) => item.id),
      },
      rows: {
        accuracy: rows.map(({ item, answer }, place) => ({
          ...{ id: item.id, group: item.image, value: answer === item.label ? 1 : 0 },
          ...{ answer: aligned.rows[place]?.answer, truth: item.label },
        })),
      },
      notes:
        splits.length > 1
          ? [
              dialect === 'official'
                ? `metrics are of the ${headline} split`
                : 'metrics are of all splits together',
            ]
          : [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'pope', dialects: DIALECTS }, dialect);
    return (await readPopeTruth(truth)).map(({ id, image, text }) => ({
      id,
      image,
      prompt: `${text}\n${SHORT_ANSWER}`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const questions = await readPopeTruth(truth);
    await makeFolder(folder);
    const files: string[] = [];
    for (const split of new Set(questions.map((question) => question.split))) {
      const lines = questions
        .filter((question) => question.split === split && answers.has(question.id))
        .map(({ id, questionId, text }) =>
          JSON.stringify({ question_id: questionId, question: text, answer: answers.get(id) }),
        );
      const file = join(folder, `pope_${split}_answers.jsonl`);
      await writeAtomic(file, `${lines.join('\n')}\n`);
      files.push(file);
    }
    return files;
  },
};
