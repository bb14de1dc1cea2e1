import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aokvqaTask } from '../aokvqa/aokvqa-task.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { jsonLines, shuffled, writeFiles } from '../choice.test-support.js';
import { findBenchmark } from '../find-benchmark.js';
import { fvqaTask } from '../fvqa/fvqa-task.js';
import { gqaTask } from '../gqa/gqa-task.js';
import { gvqaTask } from '../gvqa/gvqa-task.js';
import { scienceQaTask } from '../scienceqa/scienceqa-task.js';
import { seedTask } from '../seed/seed-task.js';
import { spatialSenseTask } from '../spatialsense/spatialsense-task.js';
import { textVqaTask } from '../textvqa/textvqa-task.js';
import { vizWizTask } from '../vizwiz/vizwiz-task.js';
import { vqav2Task } from '../vqav2/vqav2-task.js';
import { vsrTask } from '../vsr/vsr-task.js';

/** Three questions, what answers them right, the metric that is then 100, and official rows of an id and an answer. */
interface Sample {
  readonly task: BenchmarkTask;
  readonly truth: Readonly<Record<string, unknown>>;
  readonly ids: readonly string[];
  readonly right: string;
  readonly metric: string;
  readonly row: (id: string, answer: string) => unknown;
}

const three = ['1', '2', '3'] as const;
const ten = (answer: string) => Array.from({ length: 10 }, (_, place) => ({ answer, answer_id: place + 1 }));
const questionRow = (id: string, answer: string) => ({ question_id: id, answer });

const samples: readonly Sample[] = [
  {
    task: vqav2Task,
    truth: {
      'v2_annotations.json': {
        annotations: three.map((id) => ({
          ...{ question_id: Number(id), image_id: 1, question_type: 'what', answer_type: 'other' },
          answers: ten('cat'),
        })),
      },
      'v2_questions.json': {
        questions: three.map((id) => ({ question_id: Number(id), image_id: 1, question: 'What?' })),
      },
    },
    ...{ ids: three, right: 'cat', metric: 'overall', row: questionRow },
  },
  {
    task: textVqaTask,
    truth: {
      'TextVQA_val.json': {
        data: three.map((id) => ({
          ...{ question_id: Number(id), image_id: id, question: 'What?' },
          answers: ten('cat').map(({ answer }) => answer),
        })),
      },
    },
    ...{ ids: three, right: 'cat', metric: 'overall', row: questionRow },
  },
  {
    task: vizWizTask,
    truth: {
      'val.json': three.map((id) => ({
        ...{ image: `${id}.jpg`, question: 'What?', answer_type: 'other', answerable: 1 },
        answers: ten('cat'),
      })),
    },
    ids: three.map((id) => `${id}.jpg`),
    ...{ right: 'cat', metric: 'overall', row: (image: string, answer: string) => ({ image, answer }) },
  },
  {
    task: gqaTask,
    truth: {
      'a_questions.json': Object.fromEntries(
        three.map((id) => [id, { imageId: 'i', question: 'What?', answer: 'cat', isBalanced: true }]),
      ),
    },
    ...{
      ids: three,
      right: 'cat',
      metric: 'accuracy',
      row: (questionId: string, prediction: string) => ({ questionId, prediction }),
    },
  },
  {
    task: aokvqaTask,
    truth: {
      'aokvqa_v1p0_val.json': three.map((id) => ({
        ...{
          question_id: id,
          image_id: 1,
          question: 'What?',
          choices: ['cat', 'dog'],
          correct_choice_idx: 0,
          direct_answers: ['cat', 'cat', 'cat'],
        },
      })),
    },
    ...{ ids: three, right: 'cat', metric: 'multipleChoice', row: questionRow },
  },
  {
    task: scienceQaTask,
    truth: {
      'problems.json': Object.fromEntries(
        three.map((id) => [
          id,
          {
            question: 'What?',
            choices: ['cat', 'dog'],
            answer: 0,
            subject: 'natural science',
            grade: 'grade2',
            split: 'test',
          },
        ]),
      ),
    },
    ...{ ids: three, right: '0', metric: 'accuracy', row: questionRow },
  },
  {
    task: seedTask,
    truth: {
      'SEED-Bench.json': {
        questions: three.map((id) => ({ question_id: id, answer: 'A', question: 'What?', choice_a: 'cat' })),
      },
    },
    ...{
      ids: three,
      right: 'A',
      metric: 'accuracy',
      row: (question_id: string, prediction: string) => ({ question_id, prediction }),
    },
  },
  {
    task: spatialSenseTask,
    truth: {
      'annotations.json': [
        {
          ...{ url: 'https://example.org/a.jpg', split: 'test' },
          annotations: three.map((_id) => ({
            ...{ _id, predicate: 'on', label: true },
            subject: { name: 'cat' },
            object: { name: 'mat' },
          })),
        },
      ],
    },
    ...{
      ids: three,
      right: 'yes',
      metric: 'accuracy',
      row: (_id: string, prediction: string) => ({ _id, prediction }),
    },
  },
  {
    task: vsrTask,
    truth: {
      'dev.jsonl': jsonLines(
        three.map((id) => ({ image: `${id}.jpg`, caption: 'A cat.', label: 1, relation: 'on' })),
      ),
    },
    ...{
      ids: ['0', '1', '2'],
      right: 'yes',
      metric: 'accuracy',
      row: (id: string, prediction: string) => ({ id, prediction }),
    },
  },
  {
    task: fvqaTask,
    truth: {
      'all_qs_dict_release.json': Object.fromEntries(
        three.map((id) => [id, { question_id: id, img_file: 'a.jpg', question: 'What?', answer: 'cat' }]),
      ),
    },
    ...{ ids: three, right: 'cat', metric: 'top1', row: questionRow },
  },
  {
    task: gvqaTask,
    truth: {
      'truth.json': three.map((id) => ({
        ...{ id, image: 'a.jpg', question: 'What?', answer: 'cat' },
        box: [0, 0, 1, 1],
      })),
    },
    ...{
      ids: three,
      right: 'cat',
      metric: 'answerAccuracy',
      row: (id: string, answer: string) => ({ id, answer, box: [0, 0, 1, 1] }),
    },
  },
];

describe.each(samples.map((sample) => [sample.task.name, sample] as const))(
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

    it('takes rows in any order', async () => {
      const mixed = ids.map((id, place) => row(id, place === 0 ? right : name === 'scienceqa' ? '1' : 'no'));
      expect(await scoreRows(shuffled(mixed, 1))).toEqual(await scoreRows(mixed));
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
