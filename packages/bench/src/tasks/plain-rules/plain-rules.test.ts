import { join } from 'node:path';
import { createRandom } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import type { ScoreInput } from '../benchmark-task.js';
import { createRefilledFolder, shuffled } from '../choice.test-support.js';
import { amberRule, chairRule } from './caption-rules.test-support.js';
import { cocoBoxesRule, cocoMasksRule } from './coco-rules.test-support.js';
import { mmbenchRule, mmhalRule, mmVetRule } from './judged-rules.test-support.js';
import { refcocoRule, sugarcrepeRule, winogroundRule } from './pair-rules.test-support.js';
import type { PlainRule, PlainScore, PlainSet } from './plain-rule.test-support.js';
import { mmeRule, popeRule, vsrRule } from './yes-no-rules.test-support.js';

const RULES: readonly PlainRule[] = [
  ...[popeRule, mmeRule, mmbenchRule, mmVetRule, mmhalRule, vsrRule, refcocoRule, winogroundRule],
  ...[sugarcrepeRule, amberRule, chairRule, cocoBoxesRule, cocoMasksRule],
];

/** Sets a benchmark, over its dialects in turn. */
const SETS = 240;
/** One set in so many has its rows shuffled, is answered right throughout, and not at all. */
const SAMPLED = 10;

/** Many small files are written and read: on a busy machine that takes its time. */
const SLOW = { timeout: 600_000 };

const idle = { name: 'nobody', judge: () => Promise.resolve([]) };

describe.each(RULES.map((rule) => [rule.task.name, rule] as const))('%s', (name, rule) => {
  const dialects = rule.dialects ?? rule.task.dialects;
  const sets = (step: number) =>
    Array.from({ length: SETS / step }, (_, place) => {
      const index = place * step + (place % dialects.length);
      const dialect = dialects[index % dialects.length] ?? '';
      return { index, dialect, set: rule.draw(createRandom(`${name} ${index}`), dialect) };
    });
  const createScorer = async () => {
    const fill = await createRefilledFolder();
    return ({ truth }: PlainSet, rows: readonly unknown[], settings: Partial<ScoreInput>) => {
      const files = Object.entries(truth).map(([file, content]) => [`truth/${file}`, content] as const);
      const folder = fill({ ...Object.fromEntries(files), 'said.json': rows });
      return rule.task.score({
        ...{ truth: [join(folder, 'truth')], predictions: [join(folder, 'said.json')], ...settings },
      });
    };
  };

  it(`gives what the rule gives, written once more and plainly, on ${SETS} sets`, SLOW, async () => {
    const scoreOf = await createScorer();
    const values = new Set<string>();
    for (const { index, dialect, set } of sets(1)) {
      const score = await scoreOf(set, set.said, { dialect });
      expectScore(score, set.wanted, `${name} ${index}, ${dialect}`);
      values.add(JSON.stringify(score.metrics));
    }
    // Sets that all score the same would show little.
    expect(values.size).toBeGreaterThan(SETS / 10);
  });

  it.skipIf(rule.isOrdered)('does not change by the order of rows', async () => {
    const scoreOf = await createScorer();
    for (const { index, dialect, set } of sets(SAMPLED))
      expect(await scoreOf(set, shuffled(set.said, index), { dialect })).toEqual(
        await scoreOf(set, set.said, { dialect }),
      );
  });

  it('is full for right answers and nothing without any', async () => {
    const scoreOf = await createScorer();
    for (const { index, dialect, set } of sets(SAMPLED)) {
      const where = `${name} ${index}, ${dialect}`;
      expectScore(await scoreOf(set, set.right, { dialect, allowMissing: true }), set.full, where);
      const none = name === 'chair' ? emptyCaptions(set.said) : [];
      const settings = rule.hasJudge ? { judge: idle } : { dialect };
      expectScore(await scoreOf(set, none, { ...settings, allowMissing: true }), set.none, where);
    }
  });
});

/** CHAIR scores the images that have a caption: an answer that says nothing is an empty one. */
function emptyCaptions(rows: readonly unknown[]): unknown[] {
  return rows.map((row) => ({ ...(row as object), caption: '' }));
}

function expectScore(
  score: { readonly metrics: object; readonly byCategory: object },
  { metrics, byCategory = {} }: PlainScore,
  where: string,
): void {
  expectNear(score.metrics, metrics, `${where}: metrics`);
  expectNear(score.byCategory, byCategory, `${where}: by category`);
}

/** Whether each number that is wanted is there, to the last digits of a double. */
function expectNear(got: unknown, wanted: unknown, where: string): void {
  if (typeof wanted === 'number') expect(got, where).toBeCloseTo(wanted, 9);
  else if (wanted === null) expect(got, where).toBeNull();
  else {
    const parts = new Map(Object.entries(got ?? {}));
    for (const [part, value] of Object.entries(wanted ?? {}))
      expectNear(parts.get(part), value, `${where} ${part}`);
  }
}
