import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createRefilledFolder,
  expectNumbers,
  isAbsent,
  readCases,
  sharedData,
  writeFiles,
} from '../choice.test-support.js';
import { spatialSenseTask } from '../spatialsense/spatialsense-task.js';
import { vsrTask } from '../vsr/vsr-task.js';

describe('spatialsense', () => {
  it('is right where (logit > 0) is the label, over the test split', async () => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        readonly images: unknown;
        readonly said: readonly { readonly _id: string; readonly prediction: unknown }[];
        readonly accuracy: number;
        readonly perPredicate: Readonly<Record<string, number>>;
      }[];
    }>('spatialsense');
    expect(cases).toHaveLength(300);
    const fill = await createRefilledFolder();
    for (const { images, said, accuracy, perPredicate } of cases) {
      const folder = fill({
        'annotations.json': images,
        'rows.json': said,
        'by-id.json': Object.fromEntries(said.map(({ _id, prediction }) => [_id, prediction])),
        'pair.json': [said.map(({ _id }) => _id), said.map(({ prediction }) => prediction)],
      });
      for (const file of ['rows.json', 'by-id.json', 'pair.json']) {
        const { metrics, byCategory } = await spatialSenseTask.score({
          truth: [join(folder, 'annotations.json')],
          predictions: [join(folder, file)],
        });
        expectNumbers(metrics, { accuracy });
        for (const [predicate, wanted] of Object.entries(perPredicate))
          expectNumbers(byCategory[predicate] ?? {}, { accuracy: wanted });
        expect(Object.keys(byCategory).sort()).toEqual(Object.keys(perPredicate).sort());
      }
    }
  });

  const real = sharedData('format-examples', 'spatialsense_annotations.first1.json');
  it.skipIf(isAbsent(real))('reads the official format, asks, saves and scores', async () => {
    const questions = await spatialSenseTask.questions([real]);
    expect(questions[0]?.prompt).toBe('Is the cat on the ground?\nAnswer yes or no.');
    const predictions = await spatialSenseTask.savePredictions(
      [real],
      new Map(questions.map(({ id }) => [id, 'Yes.'])),
      await writeFiles({}),
    );
    const { metrics, notes } = await spatialSenseTask.score({ truth: [real], predictions });
    expectNumbers(metrics, { accuracy: 100 });
    expect(notes).toEqual(['the truth has no test split: all of it is scored']);
  });
});

describe('vsr', () => {
  const rows = [
    { image: '1.jpg', caption: 'The cat is on the mat.', label: 1, relation: 'on', subj: 'cat', obj: 'mat' },
    {
      image: '1.jpg',
      caption: 'The cat is under the mat.',
      label: 0,
      relation: 'under',
      subj: 'cat',
      obj: 'mat',
    },
  ];

  it('joins rows by their place or by image and caption', async () => {
    const folder = await writeFiles({
      'dev.jsonl': rows.map((row) => JSON.stringify(row)).join('\n'),
      'places.json': [
        { id: 1, prediction: 0 },
        { id: 0, prediction: 'True' },
      ],
      'captions.json': [
        { ...rows[1], prediction: 1 },
        { ...rows[0], prediction: 1 },
      ],
    });
    const truth = [join(folder, 'dev.jsonl')];
    expect(
      (await vsrTask.score({ truth, predictions: [join(folder, 'places.json')] })).metrics['accuracy'],
    ).toBe(100);
    const { metrics } = await vsrTask.score({ truth, predictions: [join(folder, 'captions.json')] });
    expect(metrics).toEqual({ accuracy: 50, perPredicate: { on: 100, under: 0 } });
  });

  it('tells statements that are there twice by their place, and refuses rows without one', async () => {
    const folder = await writeFiles({
      'dev.jsonl': [...rows, { ...rows[0], label: 0 }].map((row) => JSON.stringify(row)).join('\n'),
      'places.json': [2, 1, 0].map((id) => ({ ...rows[id % 2], id, prediction: id === 0 ? 1 : 0 })),
      'captions.json': [0, 1, 0].map((place) => ({ ...rows[place], prediction: 1 })),
    });
    const score = (file: string) =>
      vsrTask.score({ truth: [join(folder, 'dev.jsonl')], predictions: [join(folder, file)] });
    expect((await score('places.json')).metrics['accuracy']).toBe(100);
    await expect(score('captions.json')).rejects.toMatchObject({
      code: 'bench/bad-predictions',
      message: expect.stringContaining(
        'the row of the split (0 or 2) of a statement that it has 2 times, got The cat is on the mat.',
      ) as string,
    });
  });

  const real = sharedData('vsr', 'zeroshot-dev.jsonl');
  it.skipIf(isAbsent(real))('scores the real development split', async () => {
    const questions = await vsrTask.questions([real]);
    const predictions = await vsrTask.savePredictions(
      [real],
      new Map(questions.map(({ id }) => [id, 'yes'])),
      await writeFiles({}),
    );
    const { n, metrics } = await vsrTask.score({ truth: [real], predictions });
    expect({ n, metrics }).toMatchObject({ n: 340, metrics: { accuracy: 49.11764705882353 } });
  });
});
