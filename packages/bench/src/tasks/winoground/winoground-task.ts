import { ratioInterval } from '../../bootstrap.js';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { saveTexts } from '../files/save-texts.js';
import { parseYesNoWords } from '../yes-no/parse-yes-no-words.js';
import {
  PAIRS,
  readWinogroundAnswers,
  readWinogroundTruth,
  type WinogroundDialect,
  type WinogroundPair,
} from './read-winoground.js';

const DIALECTS: readonly [WinogroundDialect, ...WinogroundDialect[]] = ['official', 'fgam-yes-no'];
const METRICS = ['text', 'image', 'group'] as const;
type Verdicts = Readonly<Record<(typeof METRICS)[number], boolean>>;

/**
 * Winoground: two images and two captions of the same words (Thrush et al. 2022, arXiv:2204.03162). `text` is
 * the share of examples where each image scores its own caption above the other, `image` that where each
 * caption scores its own image above the other, `group` both.
 *
 * `official` reads four scores an example. `fgam-yes-no` is this project's own way to ask a model that
 * answers in words: whether a caption describes an image, yes being 1 and all else 0; a tie is wrong,
 * as in the official rule.
 */
export const winogroundTask: BenchmarkTask = {
  name: 'winoground',
  title: 'Winoground',
  measures: 'which of two captions of the same words describes which of two images',
  inputs:
    'truth: examples.jsonl; predictions: {id, c0_i0, c0_i1, c1_i0, c1_i1} (scores), or {question_id: id/c0_i1, text} for fgam-yes-no',
  dialects: DIALECTS,
  units: { text: '0..1', image: '0..1', group: '0..1' },

  async score(input) {
    const dialect = expectDialect({ name: 'winoground', dialects: DIALECTS }, input.dialect);
    const examples = await readWinogroundTruth(input.truth);
    const answers = await readWinogroundAnswers(input.predictions, dialect);
    const pairs = examples.flatMap((example) =>
      PAIRS.map((pair) => ({ id: `${example.id}/${pair}`, example, pair })),
    );
    const { rows, faults } = alignRows('winoground', pairs, answers, input.allowMissing);
    const unparsable: string[] = [];
    const scores = new Map(
      rows.map(({ item, answer }) => {
        if (typeof answer !== 'string') return [item.id, answer];
        const said = parseYesNoWords(answer);
        if (said === undefined) unparsable.push(item.id);
        return [item.id, said === 'yes' ? 1 : 0];
      }),
    );
    const verdicts = examples.map(({ id }) => verdictsOf((pair) => scores.get(`${id}/${pair}`)));
    const shares = (own: readonly Verdicts[]) =>
      Object.fromEntries(
        METRICS.map((metric) => [
          metric,
          own.length === 0 ? null : own.filter((each) => each[metric]).length / own.length,
        ]),
      );
    const tags = [...new Set(examples.flatMap(({ tag }) => tag ?? []))].sort();
    return {
      ...{ task: 'winoground', dialect, n: examples.length },
      missing: rows.filter(({ answer }) => answer === undefined).length,
      metrics: shares(verdicts),
      byCategory: Object.fromEntries(
        tags.map((tag) => [tag, shares(verdicts.filter((_, place) => examples[place]?.tag === tag))]),
      ),
      interval: Object.fromEntries(
        METRICS.map((metric) => [
          metric,
          ratioInterval(
            verdicts.map((each) => (each[metric] ? 1 : 0)),
            verdicts.map(() => 1),
            examples.map(({ id }) => id),
            { seed: input.seed ?? 0 },
          ),
        ]),
      ),
      faults: { ...faults, unparsable },
      rows: Object.fromEntries(
        METRICS.map((metric) => [
          metric,
          examples.map(({ id }, place) => ({
            ...{ id, group: id },
            value: verdicts[place]?.[metric] === true ? 1 : 0,
          })),
        ]),
      ),
      notes: ['missing counts pairs of caption and image, four an example'],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'winoground', dialects: DIALECTS }, dialect);
    return (await readWinogroundTruth(truth)).flatMap(({ id, captions, images }) =>
      PAIRS.map((pair) => ({
        id: `${id}/${pair}`,
        image: images[Number(pair[4])] ?? '',
        prompt: `Does this caption describe the image: "${captions[Number(pair[1])] ?? ''}"? Answer yes or no.`,
      })),
    );
  },

  savePredictions: (_truth, answers, folder) => saveTexts(answers, folder, 'winoground_answers.jsonl'),
};

/** A pair without a score is above none. */
function verdictsOf(scoreOf: (pair: WinogroundPair) => number | undefined): Verdicts {
  const above = (a: WinogroundPair, b: WinogroundPair) =>
    (scoreOf(a) ?? Number.NaN) > (scoreOf(b) ?? Number.NaN);
  const text = above('c0_i0', 'c1_i0') && above('c1_i1', 'c0_i1');
  const image = above('c0_i0', 'c0_i1') && above('c1_i1', 'c1_i0');
  return { text, image, group: text && image };
}
