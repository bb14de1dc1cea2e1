import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aokvqaTask } from '../aokvqa/aokvqa-task.js';
import {
  expectNumbers,
  isAbsent,
  jsonLines,
  readCases,
  sharedData,
  writeFiles,
} from '../choice.test-support.js';
import { scienceQaTask } from '../scienceqa/scienceqa-task.js';
import { seedTask } from '../seed/seed-task.js';

type Numbers = Readonly<Record<string, number>>;

describe('scienceqa', () => {
  it('scores as the official rule, LLaVA and lmms-eval do', async () => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        readonly problems: unknown;
        readonly texts: Readonly<Record<string, string>>;
        readonly indices: Numbers;
        readonly scores: Readonly<Record<string, Numbers & { readonly byCategory: Numbers }>>;
      }[];
    }>('scienceqa');
    expect(cases).toHaveLength(300);
    for (const { problems, texts, indices, scores } of cases) {
      const folder = await writeFiles({
        'problems.json': problems,
        'said/results.json': { results: indices },
        'said/answers.jsonl': jsonLines(
          Object.entries(texts).map(([question_id, text]) => ({ question_id, text })),
        ),
      });
      for (const [dialect, wanted] of Object.entries(scores)) {
        const file = dialect === 'official' ? 'results.json' : 'answers.jsonl';
        const { metrics, byCategory } = await scienceQaTask.score({
          truth: [folder],
          predictions: [join(folder, 'said', file)],
          dialect,
        });
        expect(metrics).toEqual({ accuracy: wanted['accuracy'], imageAccuracy: wanted['imageAccuracy'] });
        expect(byCategory).toEqual(
          Object.fromEntries(
            Object.entries(wanted.byCategory).map(([name, accuracy]) => [name, { accuracy }]),
          ),
        );
      }
    }
  });

  it('sends texts to another dialect', async () => {
    const folder = await writeFiles({
      'problems.json': {
        7: {
          question: '?',
          choices: ['a', 'b'],
          answer: 1,
          subject: 'natural science',
          grade: 'grade1',
          split: 'test',
        },
      },
      'said.jsonl': jsonLines([{ question_id: '7', text: 'B' }]),
    });
    const input = { truth: [join(folder, 'problems.json')], predictions: [join(folder, 'said.jsonl')] };
    await expect(scienceQaTask.score(input)).rejects.toThrow(/7: .*llava dialect/);
    expect((await scienceQaTask.score({ ...input, dialect: 'llava' })).metrics).toEqual({
      accuracy: 100,
      imageAccuracy: null,
    });
  });

  const real = sharedData('scienceqa');
  it.skipIf(isAbsent(real))(
    'reads the official files, whose splits name problems that are not there',
    async () => {
      const questions = await scienceQaTask.questions([real]);
      expect(questions.length).toBeGreaterThan(100);
      const folder = await writeFiles({});
      const predictions = await scienceQaTask.savePredictions(
        [real],
        new Map(questions.map(({ id }) => [id, 'A'])),
        folder,
      );
      const { n, notes, metrics } = await scienceQaTask.score({ truth: [real], predictions });
      expect(n).toBe(questions.length);
      expect(notes).toContain('split: test');
      expect(notes.join()).toMatch(/ids of the split are not among the problems/);
      expect(metrics['accuracy']).toBeGreaterThan(20);
    },
  );
});

describe('aokvqa', () => {
  it('scores as the official rule does, and letters as LLaVA does', async () => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        readonly rows: unknown;
        readonly said: unknown;
        readonly scores: Readonly<Record<string, Numbers>>;
      }[];
    }>('aokvqa');
    expect(cases).toHaveLength(300);
    for (const { rows, said, scores } of cases) {
      const folder = await writeFiles({ 'aokvqa_v1p0_val.json': rows, 'said/a.json': said });
      for (const [dialect, wanted] of Object.entries(scores)) {
        const { metrics } = await aokvqaTask.score({
          truth: [folder],
          predictions: [join(folder, 'said')],
          dialect,
        });
        expect(Object.keys(metrics)).toEqual(Object.keys(wanted));
        expectNumbers(metrics, wanted);
      }
    }
  });

  it('takes an answer by id in both settings, and names what is missing', async () => {
    const row = {
      question_id: 'q',
      image_id: 1,
      question: '?',
      choices: ['cab', 'bus'],
      correct_choice_idx: 0,
      direct_answers: ['cab', 'cab', 'taxi'],
    };
    const folder = await writeFiles({
      'aokvqa_a.json': [row, { ...row, question_id: 'r' }],
      'one.json': { q: 'cab' },
      'two.json': { q: 'cab', r: 'bus' },
    });
    const truth = [join(folder, 'aokvqa_a.json')];
    const { metrics } = await aokvqaTask.score({ truth, predictions: [join(folder, 'two.json')] });
    expectNumbers(metrics, { multipleChoice: 50, directAnswer: 100 / 3 });
    await expect(aokvqaTask.score({ truth, predictions: [join(folder, 'one.json')] })).rejects.toThrow(
      /1 missing \(r\)/,
    );
  });

  const real = sharedData('format-examples', 'aokvqa_v1p0_val.first1.json');
  it.skipIf(isAbsent(real))('reads the official format and saves what it scores full', async () => {
    const questions = await aokvqaTask.questions([real]);
    expect(questions.map(({ id }) => id)).toEqual([
      '22jbM6gDxdaMaunuzgrsBB/multiple_choice',
      '22jbM6gDxdaMaunuzgrsBB/direct_answer',
    ]);
    const answers = new Map([
      ['22jbM6gDxdaMaunuzgrsBB/multiple_choice', 'D'],
      ['22jbM6gDxdaMaunuzgrsBB/direct_answer', 'cigarette'],
    ]);
    const predictions = await aokvqaTask.savePredictions([real], answers, await writeFiles({}));
    expect((await aokvqaTask.score({ truth: [real], predictions })).metrics).toEqual({
      multipleChoice: 100,
      directAnswer: 100,
    });
  });
});

describe('seed', () => {
  it('scores as the official rule and lmms-eval do', async () => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        readonly truth: unknown;
        readonly said: readonly unknown[];
        readonly scores: Readonly<Record<string, unknown>>;
      }[];
    }>('seed');
    expect(cases).toHaveLength(300);
    for (const { truth, said, scores } of cases) {
      const folder = await writeFiles({ 'SEED-Bench.json': truth, 'said.jsonl': jsonLines(said) });
      for (const [dialect, wanted] of Object.entries(scores))
        expect(
          (
            await seedTask.score({
              truth: [join(folder, 'SEED-Bench.json')],
              predictions: [join(folder, 'said.jsonl')],
              dialect,
            })
          ).metrics,
        ).toEqual(wanted);
    }
  });

  const real = sharedData('seed-bench', 'GPT-4V.json');
  it.skipIf(isAbsent(real))(
    'reads published results, whose lines end with commas and which have 8 ids twice',
    async () => {
      const input = { truth: [real], predictions: [real] };
      await expect(seedTask.score(input)).rejects.toThrow(/8 duplicate/);
      const { n, missing, metrics, faults } = await seedTask.score({ ...input, allowMissing: true });
      expect({ n, missing, duplicate: faults.duplicate.length }).toEqual({
        n: 17_989,
        missing: 8,
        duplicate: 8,
      });
      // Counted by a line of Python over the ids that are there once.
      expect(metrics['accuracy']).toBe(67.26);
    },
  );
});
