import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readScenes, writeScenes } from '@fgam/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBenchmark } from '../tasks/find-benchmark.js';
import { benchmarkSource } from './benchmark-source.js';
import { findRows } from './find-rows.js';
import type { ViewSource } from './view-source.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-view-benchmark-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file of the folder. */
async function file(name: string, content: unknown): Promise<string> {
  await writeFile(join(folder, name), JSON.stringify(content));
  return join(folder, name);
}

test('open questions: what was asked, said and right, what the rule makes of it, and the image', async () => {
  const annotation = (question_id: number, answers: readonly string[]) => ({
    ...{ question_id, image_id: 42, question_type: 'what', answer_type: 'other' },
    multiple_choice_answer: answers[0],
    answers: answers.map((answer, at) => ({ answer, answer_id: at + 1, answer_confidence: 'yes' })),
  });
  const tens = (answer: string, count: number) => [
    ...Array.from({ length: count }, () => answer),
    ...Array.from({ length: 10 - count }, (_, i) => `other ${i}`),
  ];
  const truth = [
    await file('v2_mscoco_val2014_annotations.json', {
      annotations: [
        annotation(1, tens('red', 10)),
        annotation(2, tens('blue', 8)),
        annotation(3, ['a Bus', ...tens('car', 8).slice(0, 9)]),
        annotation(4, tens('green', 10)),
      ],
    }),
    await file('v2_OpenEnded_mscoco_val2014_questions.json', {
      data_subtype: 'val2014',
      questions: [1, 2, 3, 4].map((question_id) => ({
        ...{ question_id, image_id: 42, question: `what is at ${question_id} ?` },
      })),
    }),
  ];
  const predictions = [
    await file('results.json', [
      { question_id: 3, answer: 'bus' },
      { question_id: 1, answer: 'red' },
      { question_id: 2, answer: 'yellow' },
    ]),
  ];
  await writeScenes({ out: join(folder, 'scenes'), count: 1, seed: 1, split: 'train' });
  const { samples } = await readScenes(join(folder, 'scenes'));
  await copyFile(samples[0]?.image ?? '', join(folder, 'COCO_val2014_000000000042.png'));
  const input = { title: 'run', task: findBenchmark('vqav2'), truth, predictions };
  const source = await benchmarkSource({ ...input, images: folder });
  expect(source.rows.map(({ note, badges }) => [note, badges[0]?.text])).toEqual([
    ['red', 'right'],
    ['yellow', 'wrong'],
    // One of ten people said so, in other words: 0.9 of 1/3.
    ['bus', 'in part'],
    ['(no answer)', 'wrong'],
  ]);
  const find = (search: string, ...filters: [string, string][]) =>
    findRows(source.rows, { search, filters: new Map(filters) });
  expect(find('', ['verdict', 'wrong'])).toEqual([1, 3]);
  expect(find('at 2')).toEqual([1]);
  expect(find('blue')).toEqual([1]);
  const details = await Promise.all([0, 1, 2, 3].map((row) => source.detail(row)));
  expect(details[1]).toMatchObject({
    ...{ title: '2', hasImage: true },
    story: { truth: 'blue', rounds: [{ response: 'yellow', right: false }] },
  });
  expect(details[1]?.story?.question).toContain('what is at 2 ?');
  expect(details[2]?.story?.rounds).toEqual([{ response: 'bus' }]);
  expect(details[2]?.facts).toContainEqual(['worth, overall', '0.3']);
  expect(details[3]?.story).toMatchObject({ truth: 'green', rounds: [] });
  expect((await source.image(0))?.byteLength).toBeGreaterThan(60);
  const plain = await benchmarkSource(input);
  expect((await plain.detail(0)).hasImage).toBe(false);
  expect(await plain.image(0)).toBeUndefined();
});

test('each setting of a question is a row with what was said and right in it', async () => {
  const item = (question_id: string, direct_answers: readonly string[]) => ({
    ...{ split: 'val', image_id: 7, question_id, question: 'why ?', difficult_direct_answer: false },
    ...{ choices: ['sun', 'rain', 'wind', 'snow'], correct_choice_idx: 1, direct_answers, rationales: [] },
  });
  const ten = (answer: string) => Array.from({ length: 10 }, () => answer);
  const truth = [await file('aokvqa_v1p0_val.json', [item('a', ten('rain')), item('b', ten('a storm'))])];
  const both = { multiple_choice: 'rain', direct_answer: 'rain' };
  const predictions = [await file('aokvqa.json', { a: both, b: both })];
  const stories = async (source: ViewSource) =>
    Promise.all(source.rows.map(async (_, row) => (await source.detail(row)).story));
  const source = await benchmarkSource({ title: 'run', task: findBenchmark('aokvqa'), truth, predictions });
  const said = await stories(source);
  expect(said.map((story) => [story?.truth, story?.rounds[0]?.right])).toEqual([
    ['rain', true],
    ['rain', true],
    ['rain', true],
    ['a storm', false],
  ]);
  expect(said[0]?.question).toContain('snow');
  expect(said[3]?.question).not.toContain('snow');
});

test('a benchmark that takes a judge is refused as its score is', async () => {
  const truth = [
    await file('mm-vet.json', {
      v1_0: { imagename: 'a.png', question: 'q', answer: 'x', capability: ['ocr'] },
    }),
  ];
  const predictions = [await file('said.json', { v1_0: 'x' })];
  await expect(
    benchmarkSource({ title: 'run', task: findBenchmark('mm-vet'), truth, predictions }),
  ).rejects.toMatchObject({ code: 'bench/no-judge' });
});
