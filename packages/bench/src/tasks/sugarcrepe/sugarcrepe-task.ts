import { createHash } from 'node:crypto';
import { ratioInterval } from '../../bootstrap.js';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { saveTexts } from '../files/save-texts.js';
import {
  readSugarcrepeAnswers,
  readSugarcrepeTruth,
  type SugarcrepeDialect,
  type SugarcrepeItem,
  type SugarcrepeScores,
} from './read-sugarcrepe.js';

const DIALECTS: readonly [SugarcrepeDialect, ...SugarcrepeDialect[]] = ['official', 'fgam-letters'];

/**
 * SugarCrepe: an image, its caption and a false one that reads as well (Hsieh et al. 2023, arXiv:2306.14610).
 * `accuracy` is the share of pairs whose true caption scores above the false one; `meanOfTypes` is the mean
 * over the kinds of false captions, which differ in size.
 *
 * `official` reads two scores a pair. `fgam-letters` is this project's own way to ask a model that
 * answers in words: which of two captions, A or B, describes the image; which of them is A hangs on
 * the hash of the pair's id.
 */
export const sugarcrepeTask: BenchmarkTask = {
  name: 'sugarcrepe',
  title: 'SugarCrepe',
  measures: 'a true caption against a false one that reads as well',
  inputs:
    'truth: add_att.json and so on; predictions: {id: add_att/12, positive, negative} (scores) or {id, correct}, an id alone in a file named for its type; or {question_id, text} for fgam-letters',
  dialects: DIALECTS,
  units: { accuracy: '0..1', meanOfTypes: '0..1' },

  async score(input) {
    const dialect = expectDialect({ name: 'sugarcrepe', dialects: DIALECTS }, input.dialect);
    const items = await readSugarcrepeTruth(input.truth);
    const types = [...new Set(items.map(({ type }) => type))];
    const answers = await readSugarcrepeAnswers(input.predictions, dialect, types);
    const { rows, faults } = alignRows('sugarcrepe', items, answers, input.allowMissing);
    const verdicts = rows.map(({ item, answer }) => isRight(item, answer));
    const share = (own: readonly (boolean | undefined)[]) =>
      own.length === 0 ? null : own.filter((right) => right === true).length / own.length;
    const ofTypes = types.map(
      (type) => [type, share(verdicts.filter((_, place) => items[place]?.type === type))] as const,
    );
    return {
      ...{ task: 'sugarcrepe', dialect, n: rows.length },
      missing: rows.filter(({ answer }) => answer === undefined).length,
      metrics: {
        accuracy: share(verdicts),
        meanOfTypes: ofTypes.reduce((sum, [, accuracy]) => sum + (accuracy ?? 0), 0) / types.length,
      },
      byCategory: Object.fromEntries(ofTypes.map(([type, accuracy]) => [type, { accuracy }])),
      interval: {
        accuracy: ratioInterval(
          verdicts.map((right) => (right === true ? 1 : 0)),
          verdicts.map(() => 1),
          items.map(({ image }) => image),
          { seed: input.seed ?? 0 },
        ),
      },
      faults: {
        ...faults,
        unparsable: rows.flatMap(({ item, answer }, place) =>
          answer !== undefined && verdicts[place] === undefined ? [item.id] : [],
        ),
      },
      rows: {
        accuracy: items.map(({ id, image }, place) => ({
          ...{ id, group: image },
          value: verdicts[place] === true ? 1 : 0,
        })),
      },
      notes: [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'sugarcrepe', dialects: DIALECTS }, dialect);
    return (await readSugarcrepeTruth(truth)).map((item) => {
      const captions = [item.caption, item.negative];
      const [a = '', b = ''] = trueLetter(item) === 'A' ? captions : captions.toReversed();
      return {
        ...{ id: item.id, image: item.image },
        prompt: `Which caption describes the image?\nA. ${a}\nB. ${b}\nAnswer with the letter alone.`,
      };
    });
  },

  savePredictions: (_truth, answers, folder) => saveTexts(answers, folder, 'sugarcrepe_answers.jsonl'),
};

/** Undefined where there is no answer, or none that says a letter. */
function isRight(item: SugarcrepeItem, answer: SugarcrepeScores | string | undefined): boolean | undefined {
  if (typeof answer !== 'string') return answer && answer.positive > answer.negative;
  const letter = /^\W*([AB])\b/.exec(answer)?.[1];
  return letter === undefined ? undefined : letter === trueLetter(item);
}

function trueLetter({ id }: SugarcrepeItem): 'A' | 'B' {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % 2 === 0 ? 'A' : 'B';
}
