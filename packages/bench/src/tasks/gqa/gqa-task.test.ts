import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRefilledFolder, jsonLines, readCases, writeFiles } from '../choice.test-support.js';
import { gqaTask } from './gqa-task.js';

interface Case {
  readonly questions: unknown;
  readonly choices: unknown;
  readonly said: Readonly<Record<string, string>>;
  readonly scores: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const { cases } = await readCases<{ readonly cases: readonly Case[] }>('gqa');

const question = (answer: string, more: object = {}) => ({
  ...{
    imageId: 'i',
    question: 'Is it red?',
    answer,
    isBalanced: true,
    types: { structural: 'verify', semantic: 'attr', detailed: 'x' },
  },
  ...{ groups: { global: null }, entailed: [], semantic: [] },
  ...more,
});

function expectNear(got: unknown, wanted: unknown, name: string): void {
  if (typeof wanted === 'number') expect(got, name).toBeCloseTo(wanted, 9);
  else if (wanted === null) expect(got, name).toBeNull();
  else {
    expect(Object.keys(got ?? {}).sort(), name).toEqual(Object.keys(wanted ?? {}).sort());
    const parts = new Map(Object.entries(got ?? {}));
    for (const [part, value] of Object.entries(wanted ?? {}))
      expectNear(parts.get(part), value, `${name} ${part}`);
  }
}

it.each(gqaTask.dialects)('gives every metric of the official script, by the rule of %s', async (dialect) => {
  expect(cases).toHaveLength(150);
  const fill = await createRefilledFolder();
  for (const { questions, choices, said, scores } of cases) {
    const folder = fill({
      'truth/val_all_questions.json': questions,
      'truth/val_choices.json': choices,
      'said.json': Object.entries(said).map(([questionId, prediction]) => ({ questionId, prediction })),
    });
    const { metrics } = await gqaTask.score({
      truth: [join(folder, 'truth')],
      predictions: [join(folder, 'said.json')],
      dialect,
    });
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(scores[dialect] ?? {}).sort());
    for (const [name, wanted] of Object.entries(scores[dialect] ?? {}))
      expectNear(metrics[name], wanted, name);
  }
});

it('reads choices as the dialect reads answers', async () => {
  const folder = await writeFiles({
    'a_questions.json': { q: question('t-shirt'), r: question('T-shirt') },
    'a_choices.json': {
      q: { valid: ['t-shirt'], plausible: ['t-shirt'] },
      r: { valid: ['T-shirt'], plausible: [] },
    },
    'said.json': ['q', 'r'].map((questionId) => ({ questionId, prediction: 'T-shirt.' })),
    'truth.tsv': 'index\tquestion\tanswer\nq\tIs it red?\tt-shirt\n',
  });
  const truth = ['a_questions.json', 'a_choices.json'].map((name) => join(folder, name));
  const { metrics } = await gqaTask.score({
    ...{ truth, predictions: [join(folder, 'said.json')], dialect: 'lmms-eval' },
  });
  expect(metrics).toMatchObject({ accuracy: 100, validity: 100, plausibility: 50 });
  await expect(gqaTask.score({ truth, predictions: [join(folder, 'truth.tsv')] })).rejects.toThrow(
    'q: no answer',
  );
});

it('adds up the attention on the regions of question and answer', async () => {
  const folder = await writeFiles({
    'a_questions.json': {
      q: question('yes', { annotations: { question: { 0: 'o' }, answer: {}, fullAnswer: {} } }),
    },
    // The object covers the left half of the image: the first column of cells and nothing else.
    'a_sceneGraphs.json': { i: { width: 10, height: 20, objects: { o: { x: 0, y: 0, w: 5, h: 20 } } } },
    'said.json': [{ questionId: 'q', prediction: 'yes' }],
    'attentions.json': {
      q: [
        [0.5, 0.2],
        [0.2, 0.1],
      ],
    },
  });
  const { metrics } = await gqaTask.score({
    truth: ['a_questions.json', 'a_sceneGraphs.json'].map((name) => join(folder, name)),
    predictions: ['said.json', 'attentions.json'].map((name) => join(folder, name)),
  });
  expect(metrics['grounding']).toBeCloseTo(70, 9);
  expect(metrics['distribution']).toBeNull();
});

it('reads what LLaVA and lmms-eval write, and a lone choices file is named as such', async () => {
  const folder = await writeFiles({
    'a_questions.json': { q: question('red'), r: question('blue') },
    'llava.jsonl': jsonLines([
      { question_id: 'q', text: 'Red.' },
      { question_id: 'r', text: 'Blue' },
    ]),
    'lmms.jsonl': jsonLines([
      { doc_id: 0, doc: { id: 'q', question: '?' }, filtered_resps: ['Red.'], target: 'red' },
      { doc_id: 1, doc: { id: 'r', question: '?' }, resps: [['green']], target: 'blue' },
    ]),
    'a_choices.json': {},
  });
  const truth = [join(folder, 'a_questions.json')];
  const accuracy = async (file: string, dialect: string) =>
    (await gqaTask.score({ truth, predictions: [join(folder, file)], dialect })).metrics['accuracy'];
  expect(await accuracy('llava.jsonl', 'official')).toBe(0);
  expect(await accuracy('llava.jsonl', 'llava')).toBe(100);
  expect(await accuracy('lmms.jsonl', 'lmms-eval')).toBe(50);
  await expect(
    gqaTask.score({ truth: [join(folder, 'a_choices.json')], predictions: [join(folder, 'llava.jsonl')] }),
  ).rejects.toThrow(/expected a file of questions/);
});

it('wants no answers to unbalanced questions, as the official script without consistency', async () => {
  const folder = await writeFiles({
    'val_all_questions.json': {
      a: question('yes'),
      b: question('no'),
      c: question('red', { isBalanced: false }),
    },
    'balanced.json': [
      { questionId: 'a', prediction: 'yes' },
      { questionId: 'b', prediction: 'yes' },
    ],
    'short.json': [{ questionId: 'a', prediction: 'yes' }],
  });
  const score = (file: string) => gqaTask.score({ truth: [folder], predictions: [join(folder, file)] });
  const { n, missing, metrics, faults, notes } = await score('balanced.json');
  expect({ n, missing, accuracy: metrics['accuracy'] }).toEqual({ n: 2, missing: 0, accuracy: 50 });
  expect(faults.missing).toEqual([]);
  expect(notes.join()).toContain('1 unbalanced questions have no answer');
  await expect(score('short.json')).rejects.toThrow(/1 missing \(b\)/);
});
