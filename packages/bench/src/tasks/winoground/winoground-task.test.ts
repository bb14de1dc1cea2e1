import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expectNumbers,
  jsonLines,
  readCases,
  shuffled,
  writeFiles,
  meanOfRows,
} from '../choice.test-support.js';
import { winogroundTask } from './winoground-task.js';

type ScoreRow = Readonly<Record<'id' | 'c0_i0' | 'c0_i1' | 'c1_i0' | 'c1_i1', number>>;
const { sets } = await readCases<{
  readonly sets: readonly {
    readonly rows: readonly ScoreRow[];
    readonly scores: Readonly<Record<string, number>>;
  }[];
}>('winoground');
const example = (id: number) => ({
  ...{ id, caption_0: `a ${id} b`, caption_1: `b ${id} a`, image_0: `${id}_0`, image_1: `${id}_1` },
  collapsed_tag: id % 2 === 0 ? 'Object' : 'Relation',
});
const write = (ids: readonly number[], answers: Readonly<Record<string, unknown>>) =>
  writeFiles({ 'examples.jsonl': jsonLines(ids.map(example)), ...answers });
const score = (
  folder: string,
  file: string,
  settings: Partial<Parameters<typeof winogroundTask.score>[0]> = {},
) => winogroundTask.score({ truth: [folder], predictions: [join(folder, file)], ...settings });

describe('winoground', () => {
  it('gives the shares of the rule, in whatever order the rows are', async () => {
    expect(sets).toHaveLength(60);
    for (const [place, { rows, scores }] of sets.entries()) {
      const folder = await write(
        rows.map(({ id }) => id),
        { 'a.jsonl': jsonLines(rows), 'b.jsonl': jsonLines(shuffled(rows, place)) },
      );
      const result = await score(folder, 'a.jsonl');
      expectNumbers(result.metrics, scores);
      for (const [metric, value] of Object.entries(result.metrics))
        expect(meanOfRows(result, metric)).toBeCloseTo(Number(value), 12);
      expect(await score(folder, 'b.jsonl')).toEqual(result);
    }
  });

  it('asks a model in words about each pair, and reads its yes and no', async () => {
    const folder = await write([4], {});
    const questions = await winogroundTask.questions([folder], 'fgam-yes-no');
    expect(questions[1]).toEqual({
      ...{ id: '4/c0_i1', image: '4_1' },
      prompt: 'Does this caption describe the image: "a 4 b"? Answer yes or no.',
    });
    const save = (say: (id: string) => string) =>
      winogroundTask.savePredictions(
        [folder],
        new Map(questions.map(({ id }) => [id, say(id)])),
        join(folder, 'saved'),
      );
    const own = (id: string) => (/c(\d)_i\1/.test(id) ? 'Yes.' : 'No.');
    const settings = { dialect: 'fgam-yes-no' };
    const full = await score(folder, '', { ...settings, predictions: await save(own) });
    expect(full.metrics).toEqual({ text: 1, image: 1, group: 1 });
    expect(full.byCategory).toEqual({ Object: full.metrics });
    // Yes to all is a tie, and wrong.
    const all = await score(folder, '', { ...settings, predictions: await save(() => 'yes') });
    expect(all.metrics).toEqual({ text: 0, image: 0, group: 0 });
    const none = await score(folder, '', { ...settings, predictions: await save(() => '') });
    expect(none).toMatchObject({
      metrics: { group: 0 },
      faults: { unparsable: expect.any(Array) as string[] },
    });
    expect(none.faults.unparsable).toHaveLength(4);
  });

  it('names missing and unknown rows; texts are no scores', async () => {
    const row = { c0_i0: 1, c0_i1: 0, c1_i0: 0, c1_i1: 1 };
    const folder = await write([1, 2], {
      'a.jsonl': jsonLines([
        { id: 1, ...row },
        { id: 3, ...row },
      ]),
      'b.jsonl': jsonLines([{ question_id: '1/c0_i0', text: 'yes' }]),
    });
    await expect(score(folder, 'a.jsonl')).rejects.toThrow(/4 missing \(2\/c0_i0, .*4 unknown \(3\/c0_i0, /);
    expect(await score(folder, 'a.jsonl', { allowMissing: true })).toMatchObject({
      ...{ n: 2, missing: 4, metrics: { text: 0.5, image: 0.5, group: 0.5 } },
    });
    await expect(score(folder, 'b.jsonl')).rejects.toMatchObject({ code: 'bench/bad-predictions' });
  });
});
