import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines, shuffled, writeFiles } from '../choice.test-support.js';
import { findBenchmark } from '../find-benchmark.js';
import { ANSWER_SAMPLES } from './answer-samples.test-support.js';

describe.each(ANSWER_SAMPLES.map((sample) => [sample.task.name, sample] as const))(
  '%s',
  (name, { task, truth, ids, right, metric, row }) => {
    const scoreRows = async (rows: readonly unknown[], settings: object = {}) => {
      const folder = await writeFiles({
        ...Object.fromEntries(Object.entries(truth).map(([file, value]) => [`truth/${file}`, value])),
        'said.jsonl': jsonLines(rows),
      });
      return task.score({
        truth: [join(folder, 'truth')],
        predictions: [join(folder, 'said.jsonl')],
        ...settings,
      });
    };
    const rows = ids.map((id) => row(id, right));

    it('is found by its names, gives full marks to right answers and none to others', async () => {
      for (const each of [name, ...(task.aliases ?? [])]) expect(findBenchmark(each)).toBe(task);
      const full = await scoreRows(rows);
      expect(full).toMatchObject({
        task: name,
        dialect: 'official',
        n: 3,
        missing: 0,
        metrics: { [metric]: 100 },
      });
      expect(full.interval[metric]).toEqual([100, 100]);
      expect(full.rows?.[metric]?.map(({ value }) => value)).toEqual([1, 1, 1]);
      for (const key of Object.keys(full.metrics)) expect(task.units, key).toHaveProperty(key);
      const none = await scoreRows(ids.map((id) => row(id, name === 'scienceqa' ? '1' : '')));
      expect(none.metrics[metric]).toBe(0);
      expect(none.rows?.[metric]?.map(({ value }) => value)).toEqual([0, 0, 0]);
    });

    it('takes rows in any order, and counts the right ones', async () => {
      const wrong = name === 'scienceqa' ? '1' : 'no';
      for (const places of [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
        const said = ids.map((id, place) => row(id, places.includes(place) ? right : wrong));
        const score = await scoreRows(said);
        expect(score.metrics[metric]).toBeCloseTo((100 * places.length) / 3, 1);
        expect(await scoreRows(shuffled(said, places.length))).toEqual(score);
      }
    });

    it('names missing, duplicate and unknown rows, and lists them where that is allowed', async () => {
      const [first, second] = ids;
      const strange = row(name === 'vizwiz' ? '9.jpg' : '9', right);
      const faulty = [rows[0], rows[1], rows[1], strange];
      await expect(scoreRows(faulty)).rejects.toThrow(
        new RegExp(`1 missing \\(${ids[2]}\\); 1 duplicate \\(${second}\\); 1 unknown \\(9`),
      );
      await expect(scoreRows(faulty)).rejects.toMatchObject({ code: 'bench/bad-predictions' });
      const { metrics, missing, faults } = await scoreRows(faulty, { allowMissing: true });
      expect(metrics[metric]).toBeCloseTo(100 / 3, 1);
      expect(missing).toBe(2);
      expect(faults).toMatchObject({
        missing: [ids[2]],
        duplicate: [second],
        unknown: [expect.stringMatching(/^9/)],
      });
      expect(first).toBeDefined();
    });

    it('takes an empty file for one that misses every row', async () => {
      await expect(scoreRows([])).rejects.toThrow(/3 missing/);
      const { missing, metrics } = await scoreRows([], { allowMissing: true });
      expect({ missing, value: metrics[metric] }).toEqual({ missing: 3, value: 0 });
    });

    it('refuses rows of another form and a dialect that it does not have', async () => {
      await expect(scoreRows([{ wrong: 1 }, rows[1], rows[2]])).rejects.toMatchObject({
        code: 'bench/bad-predictions',
      });
      await expect(scoreRows(rows, { dialect: 'klingon' })).rejects.toMatchObject({
        code: 'bench/unknown-dialect',
      });
    });

    it('asks every question and scores what it saved', async () => {
      const folder = await writeFiles(truth);
      const paths = Object.keys(truth).map((file) => join(folder, file));
      const questions = await task.questions(paths);
      expect(questions.length).toBeGreaterThanOrEqual(3);
      for (const { prompt } of questions) expect(prompt.length).toBeGreaterThan(5);
      const answer = name === 'scienceqa' ? 'A' : name === 'gvqa' ? 'cat [0.0, 0.0, 1.0, 1.0]' : right;
      const predictions = await task.savePredictions(
        paths,
        new Map(questions.map(({ id }) => [id, answer])),
        join(folder, 'saved'),
      );
      const score = await task.score({ truth: paths, predictions });
      expect(score).toMatchObject({ missing: 0, metrics: { [metric]: 100 } });
    });
  },
);
