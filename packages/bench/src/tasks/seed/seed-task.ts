import { stripText } from '../answers/python-text.js';
import { asCategories, creditRows, creditsOf } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { choiceLetter, choicePrompt } from '../answers/prompts.js';
import { readAnswers } from '../answers/read-answers.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { EXACT_MATCHING, inferChoice } from '../choices/infer-choice.js';
import { expectDialect } from '../expect-dialect.js';
import { readSeedTruth, SEED_LETTERS, type SeedItem } from './read-seed-truth.js';

/**
 * Whose rule for an answer: `official` (and LLaVA) takes the letter as it is; `lmms-eval` the first
 * character of an answer without the white space around it; `vlmevalkit` matches letters and texts of the
 * choices as `inferChoice`.
 */
type SeedDialect = 'official' | 'lmms-eval' | 'vlmevalkit';

const DIALECTS: readonly [SeedDialect, ...SeedDialect[]] = ['official', 'lmms-eval', 'vlmevalkit'];
const LETTER = /^[A-D]$/;
const PLACES = 2;

/** SEED-Bench: choices about images and videos in 12 dimensions (Li et al. 2023, arXiv:2307.16125). */
export const seedTask: BenchmarkTask = {
  name: 'seed',
  aliases: ['seed-bench', 'seedbench'],
  title: 'SEED-Bench',
  measures: 'choices about images and videos in 12 dimensions',
  inputs:
    'truth: SEED-Bench.json, a file of published results with gt_answer, VLMEvalKit; predictions: official {question_id, prediction}, LLaVA, lmms-eval, VLMEvalKit',
  dialects: DIALECTS,
  units: { accuracy: 'percent', imageAccuracy: 'percent', videoAccuracy: 'percent', perType: 'percent' },

  async score(input) {
    const dialect = expectDialect({ name: 'seed', dialects: DIALECTS }, input.dialect);
    const items = await readSeedTruth(input.truth);
    const predictions = await readAnswers('seed', input.predictions, {
      ids: ['question_id', 'q_id'],
      answers: ['prediction'],
    });
    const { rows, base } = creditRows(
      {
        ...{ task: 'seed', dialect, items, predictions },
        creditOf: (item, answer) => (letterOf(item, answer, dialect) === item.answer ? 1 : 0),
        isParsable: (item, answer) => LETTER.test(letterOf(item, answer, dialect)),
      },
      input,
    );
    const typed = rows.filter(({ item }) => item.type !== undefined);
    const perType = percentByCategory(
      typed,
      ({ credit }) => credit,
      ({ item }) => item.type ?? '',
      PLACES,
    );
    const [videos, images] = [true, false].map((isVideo) =>
      typed.filter(({ item }) => item.isVideo === isVideo),
    );
    return {
      ...base,
      metrics: {
        accuracy: percent(creditsOf(rows), PLACES),
        ...(images && images.length > 0 ? { imageAccuracy: percent(creditsOf(images), PLACES) } : {}),
        ...(videos && videos.length > 0 ? { videoAccuracy: percent(creditsOf(videos), PLACES) } : {}),
        perType,
      },
      byCategory: asCategories(perType, 'accuracy'),
      ...meanCredit('accuracy', rows, {
        groupOf: ({ media, id }) => media ?? id,
        truthOf: ({ answer }) => answer,
        seed: input.seed,
      }),
      notes: [
        ...(typed.length < rows.length ? ['the truth does not tell the types of all questions'] : []),
        ...(dialect === 'vlmevalkit' ? [EXACT_MATCHING] : []),
      ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'seed', dialects: DIALECTS }, dialect);
    return (await readSeedTruth(truth)).map(({ id, media, question, choices }) => ({
      id,
      ...(media === undefined ? {} : { image: media }),
      prompt: choicePrompt(question, choices),
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readSeedTruth(truth)).flatMap(({ id }) => {
      const prediction = answers.get(id);
      return prediction === undefined ? [] : [{ question_id: id, prediction }];
    });
    return saveJson(folder, 'seed_results.jsonl', rows);
  },
};

function letterOf({ choices }: SeedItem, answer: string, dialect: SeedDialect): string {
  if (dialect === 'official') return answer;
  if (dialect === 'lmms-eval') return [...stripText(answer)][0] ?? '';
  // A file of results has no choices: letters alone are then told.
  const index = inferChoice(answer, choices.length > 0 ? choices : SEED_LETTERS.map(() => ''));
  return index === undefined ? '' : choiceLetter(index);
}
