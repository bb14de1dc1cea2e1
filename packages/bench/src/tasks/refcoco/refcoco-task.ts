import { ratioInterval } from '../../bootstrap.js';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { saveTexts } from '../files/save-texts.js';
import { mean } from '../mean.js';
import { parseRefcocoBox, type RefcocoDialect } from './parse-refcoco-box.js';
import { type PixelCorners, readRefcocoAnswers, readRefcocoTruth } from './read-refcoco.js';

const DIALECTS: readonly [RefcocoDialect, ...RefcocoDialect[]] = ['official', 'llava'];

/** From this IoU on, an object is found. */
const FOUND = 0.5;

/** What LLaVA-1.5 was trained to answer by a box. */
const PROMPT = 'Please provide the bounding box coordinate of the region this sentence describes: ';

/**
 * RefCOCO, RefCOCO+ and RefCOCOg: the box that an expression refers to (Yu et al. 2016, arXiv:1608.00272; Mao
 * et al. 2016, arXiv:1511.02283). `precisionAt50` is the share of expressions whose box has an IoU of at
 * least 0.5 with the true one.
 *
 * Training expressions are never scored. Of the other splits those are scored that have an answer.
 */
export const refcocoTask: BenchmarkTask = {
  name: 'refcoco',
  aliases: ['refcoco+', 'refcocog', 'grounding'],
  title: 'RefCOCO/+/g',
  measures: 'grounding: the box that an expression refers to',
  inputs:
    'truth: refs*.json and instances.json, or rows of question_id, image, sent, bbox, width, height; predictions: {sent_id, bbox} in pixels, LLaVA, lmms-eval',
  dialects: DIALECTS,
  units: { precisionAt50: '0..1', meanIou: '0..1' },

  async score(input) {
    const dialect = expectDialect({ name: 'refcoco', dialects: DIALECTS }, input.dialect);
    const all = await readRefcocoTruth(input.truth);
    const answers = await readRefcocoAnswers(input.predictions);
    const answered = new Set(answers.map(({ id }) => id));
    const splits = [...new Set(all.flatMap(({ id, split }) => (answered.has(id) ? [split] : [])))];
    const items = splits.length === 0 ? all : all.filter(({ split }) => splits.includes(split));
    const { rows, faults } = alignRows('refcoco', items, answers, input.allowMissing);
    const unparsable: string[] = [];
    const overlaps = rows.map(({ item, answer }) => {
      const box = answer === undefined ? undefined : parseRefcocoBox(answer, item, dialect);
      if (answer !== undefined && box === undefined) unparsable.push(item.id);
      return { item, overlap: box === undefined ? 0 : iouOf(box, item.box) };
    });
    const metricsOf = (own: typeof overlaps) => ({
      precisionAt50: mean(own.map(({ overlap }) => (overlap >= FOUND ? 1 : 0))),
      meanIou: mean(own.map(({ overlap }) => overlap)),
    });
    const intervalOf = (value: (overlap: number) => number) =>
      ratioInterval(
        overlaps.map(({ overlap }) => value(overlap)),
        overlaps.map(() => 1),
        overlaps.map(({ item }) => item.image),
        { seed: input.seed ?? 0 },
      );
    const left = [...new Set(all.map(({ split }) => split))].filter((split) => !splits.includes(split));
    return {
      ...{ task: 'refcoco', dialect, n: rows.length },
      missing: rows.filter(({ answer }) => answer === undefined).length,
      metrics: metricsOf(overlaps),
      byCategory: Object.fromEntries(
        splits.map((split) => [split, metricsOf(overlaps.filter(({ item }) => item.split === split))]),
      ),
      interval: {
        precisionAt50: intervalOf((overlap) => (overlap >= FOUND ? 1 : 0)),
        meanIou: intervalOf((overlap) => overlap),
      },
      faults: { ...faults, unparsable },
      rows: {
        precisionAt50: overlaps.map(({ item, overlap }) => ({
          ...{ id: item.id, group: item.image },
          value: overlap >= FOUND ? 1 : 0,
        })),
      },
      notes: splits.length > 0 && left.length > 0 ? [`no answers to ${left.join(', ')}: not scored`] : [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'refcoco', dialects: DIALECTS }, dialect);
    return (await readRefcocoTruth(truth)).map(({ id, image, sentence }) => ({
      ...{ id, image, prompt: PROMPT + sentence },
    }));
  },

  savePredictions: (_truth, answers, folder) => saveTexts(answers, folder, 'refcoco_answers.jsonl'),
};

function iouOf(a: PixelCorners, b: PixelCorners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
}
