import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';
import { sumsInterval } from '../../bootstrap.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { knownIntervals } from '../known-intervals.js';
import { readChairRows } from './chair-rows.js';
import { readChairTruth } from './read-chair.js';

const DIALECTS = ['fgam-words'] as const;
const METRICS = ['chairS', 'chairI', 'recall'] as const;

/**
 * What a caption adds to the sums: captions, with a false object, objects named, false ones; classes there
 * are, classes named of them.
 */
type Counts = readonly [number, number, number, number, number, number];

/**
 * CHAIR: objects of COCO's 80 classes that a caption names and its image has not (Rohrbach et al. 2018,
 * arXiv:1809.02156). `chairS` is the share of captions with one, `chairI` that of all objects named; `recall`
 * is the share of an image's classes that are named, as later work adds.
 *
 * The official script tells words by Python's NLTK and pattern. `fgam-words` finds the same classes by this
 * project's own matching: names and their plurals, the longest at each word; so its numbers are near and not
 * equal to the official ones.
 */
export const chairTask: BenchmarkTask = {
  name: 'chair',
  title: 'CHAIR',
  measures: 'objects that a caption names and its image has not',
  inputs:
    "truth: COCO's instances_*.json, with captions_*.json (as the official rule has it) and optional synonyms.txt; predictions: [{image_id, caption}], imgToEval, or {question_id, text}",
  dialects: DIALECTS,
  units: { chairS: '0..1', chairI: '0..1', recall: '0..1' },

  async score(input) {
    const dialect = expectDialect({ name: 'chair', dialects: DIALECTS }, input.dialect);
    const { truth, rows, faults } = await readChairRows(input);
    const byClass = new Map<string, { named: number; wrong: number }>();
    const counts = rows.map(({ there, named }): Counts => {
      // A caption that is there twice is none: it counts as one with a false object, and names nothing.
      if (named === undefined) return [1, 1, 0, 0, there.size, 0];
      for (const name of named) {
        const own = byClass.get(name) ?? { named: 0, wrong: 0 };
        byClass.set(name, { named: own.named + 1, wrong: own.wrong + (there.has(name) ? 0 : 1) });
      }
      const wrong = named.filter((name) => !there.has(name)).length;
      const found = new Set(named.filter((name) => there.has(name))).size;
      return [1, wrong > 0 ? 1 : 0, named.length, wrong, there.size, found];
    });
    const columns = [0, 1, 2, 3, 4, 5].map((column) => counts.map((each) => each[column] ?? 0));
    const totals = columns.map((column) => column.reduce((sum, value) => sum + value, 0));
    const groups = rows.map(({ id }) => id);
    return {
      ...{ task: 'chair', dialect, n: rows.length },
      missing: rows.filter(({ named }) => named === undefined).length,
      metrics: Object.fromEntries(METRICS.map((metric) => [metric, ratesOf(totals)[metric]])),
      byCategory: Object.fromEntries(
        [...byClass].sort().map(([name, { named, wrong }]) => [name, { chairI: wrong / named, named }]),
      ),
      interval: knownIntervals(
        Object.fromEntries(
          METRICS.map((metric) => [
            metric,
            sumsInterval(columns, groups, (sums) => ratesOf([...sums])[metric] ?? Number.NaN, {
              seed: input.seed ?? 0,
            }),
          ]),
        ),
      ),
      faults: { ...faults, unparsable: [] },
      notes: [
        "words are found by this project's own matching, not by the official script's",
        ...(truth.hasWords ? ["words are those of CHAIR's synonyms.txt"] : []),
        ...(truth.hasCaptions
          ? []
          : ['no captions were given: the official truth has the objects that they name too']),
      ],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'chair', dialects: DIALECTS }, dialect);
    const { images } = await readChairTruth(truth);
    return [...images].map(([id, image]) => ({ id, image, prompt: 'Describe this image.' }));
  },

  async savePredictions(_truth, answers, folder) {
    await makeFolder(folder);
    const file = join(folder, 'chair_captions.json');
    const rows = [...answers].map(([id, caption]) => ({ image_id: Number(id), caption }));
    await writeAtomic(file, `${JSON.stringify(rows)}\n`);
    return [file];
  },
};

function ratesOf(sums: readonly number[]): Record<(typeof METRICS)[number], number | null> {
  const [captions = 0, wrongCaptions = 0, named = 0, wrong = 0, there = 0, found = 0] = sums;
  return {
    chairS: ratio(wrongCaptions, captions),
    chairI: ratio(wrong, named),
    recall: ratio(found, there),
  };
}

function ratio(top: number, bottom: number): number | null {
  return bottom === 0 ? null : top / bottom;
}
