import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRefilledFolder, jsonLines, readCases, writeFiles } from '../choice.test-support.js';
import { gvqaTask } from './gvqa-task.js';

it('counts boxes of an IoU of 0.5 and answers by the normalisation of VQA', async () => {
  const { cases } = await readCases<{
    readonly cases: readonly (Readonly<
      Record<'answerAccuracy' | 'precisionAt50' | 'bothRight', number | null>
    > & {
      readonly truth: readonly unknown[];
      readonly said: readonly unknown[];
    })[];
  }>('gvqa');
  expect(cases).toHaveLength(300);
  const fill = await createRefilledFolder();
  for (const { truth, said, ...wanted } of cases) {
    const folder = fill({ 'truth.jsonl': jsonLines(truth), 'said.json': said });
    const { metrics, notes } = await gvqaTask.score({
      truth: [join(folder, 'truth.jsonl')],
      predictions: [join(folder, 'said.json')],
    });
    for (const [name, value] of Object.entries(wanted))
      if (value === null) expect(metrics[name]).toBeNull();
      else expect(metrics[name], name).toBeCloseTo(name === 'answerAccuracy' ? value : value / 100, 9);
    expect(notes[0]).toMatch(/no public benchmark/);
  }
});

it('saves the answer and the box of a text, and lists what has no box', async () => {
  const folder = await writeFiles({
    'truth.json': ['a', 'b'].map((id) => ({
      id,
      image: 'i.jpg',
      question: 'What?',
      answer: 'cat',
      box: [0.1, 0.1, 0.5, 0.5],
    })),
  });
  const truth = [join(folder, 'truth.json')];
  const predictions = await gvqaTask.savePredictions(
    truth,
    new Map([
      ['a', 'A cat [0.1, 0.1, 0.5, 0.45]'],
      ['b', 'cat'],
    ]),
    folder,
  );
  const { metrics, faults } = await gvqaTask.score({ truth, predictions });
  expect(metrics).toEqual({ precisionAt50: 0.5, answerAccuracy: 100, bothRight: 0.5 });
  expect(faults.unparsable).toEqual(['b']);
});
