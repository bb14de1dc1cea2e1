import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonLines, readCases, writeFiles } from '../choice.test-support.js';
import { answerabilityRates } from './answerability.js';
import { vizWizTask } from './vizwiz-task.js';

const { cases } = await readCases<{
  readonly cases: readonly {
    truth: readonly (0 | 1)[];
    said: readonly number[];
    averagePrecision: number;
    f1: number;
  }[];
}>('vizwiz');

const row = (image: string, answerable: 0 | 1) => ({
  ...{ image, question: 'What is this?', answerable, answer_type: answerable ? 'other' : 'unanswerable' },
  answers: Array.from({ length: 10 }, () => ({
    answer: answerable ? 'cat' : 'unanswerable',
    answer_confidence: 'yes',
  })),
});

it("gives scikit-learn's average precision and F1", () => {
  expect(cases).toHaveLength(300);
  for (const { truth, said, averagePrecision, f1 } of cases) {
    const rates = answerabilityRates(
      truth.map((answerable, place) => ({ answerable, predicted: said[place] ?? -1 })),
    );
    // Rounded to two places.
    expect(Math.abs((rates.averagePrecision ?? -1) - averagePrecision)).toBeLessThan(0.005 + 1e-9);
    expect(Math.abs((rates.f1 ?? -1) - f1)).toBeLessThan(0.005 + 1e-9);
  }
  expect(answerabilityRates([{ answerable: 1, predicted: 1 }])).toEqual({ averagePrecision: null, f1: null });
});

it('scores answers, answerability, or both, and takes names without an ending', async () => {
  const folder = await writeFiles({
    'val.json': [row('a.jpg', 1), row('b.jpg', 0)],
    'both.json': [
      { image: 'a.jpg', answer: 'the cat', answerable: 0.9 },
      { image: 'b.jpg', answer: 'dog', answerable: 0.2 },
    ],
    'chances.json': [
      { image: 'a.jpg', answerable: 0.1 },
      { image: 'b.jpg', answerable: 0.2 },
    ],
    'names.jsonl': jsonLines([
      { question_id: 'b', text: 'Unanswerable' },
      { question_id: 'a', text: 'dog' },
    ]),
    'wrong.json': [
      { image: 'a.jpg', answerable: 2 },
      { image: 'b.jpg', answerable: 0 },
    ],
  });
  const score = (file: string) =>
    vizWizTask.score({ truth: [join(folder, 'val.json')], predictions: [join(folder, file)] });
  expect((await score('both.json')).metrics).toEqual({
    ...{ overall: 50, perAnswerType: { other: 100, unanswerable: 0 } },
    ...{ answerabilityAveragePrecision: 100, answerabilityF1: 100 },
  });
  expect(await score('chances.json')).toMatchObject({
    metrics: { answerabilityAveragePrecision: 50, answerabilityF1: 66.67 },
    ...{ n: 2, missing: 0, faults: { missing: [], duplicate: [], unknown: [] } },
  });
  expect((await score('names.jsonl')).metrics).toEqual({
    overall: 50,
    perAnswerType: { other: 0, unanswerable: 100 },
  });
  await expect(score('wrong.json')).rejects.toThrow(/a\.jpg: expected image and answerable of 0\.\.1, got 2/);
});

it('names a missing chance, or counts it as one that can be answered', async () => {
  const folder = await writeFiles({
    'val.json': [row('a.jpg', 1), row('b.jpg', 0)],
    'one.json': [{ image: 'a.jpg', answerable: 0.9 }],
  });
  const files = { truth: [join(folder, 'val.json')], predictions: [join(folder, 'one.json')] };
  await expect(vizWizTask.score(files)).rejects.toThrow(/1 missing \(b\.jpg\)/);
  expect(await vizWizTask.score({ ...files, allowMissing: true })).toMatchObject({
    missing: 1,
    faults: { missing: ['b.jpg'] },
    metrics: { answerabilityF1: 0 },
  });
});

it('names what lacks a chance alone', async () => {
  const folder = await writeFiles({
    'val.json': [row('a.jpg', 1), row('b.jpg', 0)],
    'said.json': [
      { image: 'a.jpg', answer: 'cat', answerable: 0.9 },
      { image: 'b.jpg', answer: 'cat' },
    ],
  });
  const files = { truth: [join(folder, 'val.json')], predictions: [join(folder, 'said.json')] };
  expect(await vizWizTask.score({ ...files, allowMissing: true })).toMatchObject({
    ...{ missing: 1, faults: { missing: ['b.jpg/answerable'], duplicate: [], unknown: [] } },
  });
});
