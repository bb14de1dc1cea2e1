import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aokvqaTask } from '../aokvqa/aokvqa-task.js';
import {
  createRefilledFolder,
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
  it.each(scienceQaTask.dialects)('scores as the rule of %s does', async (dialect) => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        readonly problems: unknown;
        readonly texts: Readonly<Record<string, string>>;
        readonly indices: Numbers;
        readonly scores: Readonly<Record<string, Numbers & { readonly byCategory: Numbers }>>;
      }[];
    }>('scienceqa');
    expect(cases).toHaveLength(300);
    const fill = await createRefilledFolder();
    for (const { problems, texts, indices, scores } of cases) {
      const folder = fill({
        'problems.json': problems,
        'said/results.json': { results: indices },
        'said/answers.jsonl': jsonLines(
          Object.entries(texts).map(([question_id, text]) => ({ question_id, text })),
        ),
      });
      const wanted = scores[dialect];
      const file = dialect === 'official' ? 'results.json' : 'answers.jsonl';
      const { metrics, byCategory } = await scienceQaTask.score({
        truth: [folder],
        predictions: [join(folder, 'said', file)],
        dialect,
      });
      expect(metrics).toEqual({ accuracy: wanted?.['accuracy'], imageAccuracy: wanted?.['imageAccuracy'] });
      expect(byCategory).toEqual(
        Object.fromEntries(
          Object.entries(wanted?.byCategory ?? {}).map(([name, accuracy]) => [name, { accuracy }]),
        ),
      );
    }
  });

  it("reads VLMEvalKit's table of problems with an image, by its own numbers", async () => {
    const folder = await writeFiles({
      'ScienceQA_TEST.tsv':
        'index\tquestion\thint\tA\tB\tC\tanswer\timage\n0\tWhich?\tSee.\tiron\twood\t\tB\taGk=\n1\tWhat?\t\tcat\tdog\tcow\tA\taGk=\n',
      'model_ScienceQA_TEST.tsv': 'index\tprediction\n1\tIt is a cat\n0\tThe answer is A.\n',
    });
    const truth = [join(folder, 'ScienceQA_TEST.tsv')];
    const { n, metrics, byCategory, notes } = await scienceQaTask.score({
      ...{ truth, predictions: [join(folder, 'model_ScienceQA_TEST.tsv')], dialect: 'vlmevalkit' },
    });
    expect({ n, metrics }).toEqual({ n: 2, metrics: { accuracy: 50, imageAccuracy: 50 } });
    expect(byCategory).toEqual({ 'text context': { accuracy: 0 }, 'image context': { accuracy: 50 } });
    expect(notes.join()).toContain('exact matching');
    expect((await scienceQaTask.questions(truth))[0]).toEqual({
      id: '0',
      image: 'test/0/image.png',
      prompt:
        "Context: See.\nWhich?\nA. iron\nB. wood\nAnswer with the option's letter from the given choices directly.",
    });
    const broken = await writeFiles({ 'ScienceQA_VAL.tsv': 'index\tquestion\tA\tanswer\n0\t?\tx\tB\n' });
    await expect(scienceQaTask.questions([broken])).rejects.toThrow(/row 0: expected index, question/);
    const both = await writeFiles({ 'ScienceQA_VAL.tsv': '', 'problems.json': {} });
    await expect(scienceQaTask.questions([both])).rejects.toThrow(/whose ids are others, got both/);
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
  it.each(aokvqaTask.dialects)('scores as the rule of %s does', async (dialect) => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        readonly rows: unknown;
        readonly said: unknown;
        readonly scores: Readonly<Record<string, Numbers>>;
      }[];
    }>('aokvqa');
    expect(cases).toHaveLength(300);
    const fill = await createRefilledFolder();
    for (const { rows, said, scores } of cases) {
      const wanted = scores[dialect] ?? {};
      const folder = fill({ 'aokvqa_v1p0_val.json': rows, 'said/a.json': said });
      const { metrics } = await aokvqaTask.score({
        truth: [folder],
        predictions: [join(folder, 'said')],
        dialect,
      });
      expect(Object.keys(metrics)).toEqual(Object.keys(wanted));
      expectNumbers(metrics, wanted);
    }
  });

  it('names what lacks an answer of one setting', async () => {
    const row = (id: string) => ({
      ...{ question_id: id, image_id: 1, question: '?', choices: ['cab', 'bus'], correct_choice_idx: 0 },
      direct_answers: ['cab', 'cab', 'cab'],
    });
    const folder = await writeFiles({
      'aokvqa_v1p0_val.json': ['a', 'b', 'c'].map(row),
      'said.json': { a: { multiple_choice: 'cab' }, b: { multiple_choice: 'cab', direct_answer: 'cab' } },
    });
    const input = { truth: [folder], predictions: [join(folder, 'said.json')], allowMissing: true };
    expect(await aokvqaTask.score(input)).toMatchObject({
      ...{ missing: 2, faults: { missing: ['c', 'a/direct_answer'] } },
    });
  });

  it('leaves difficult questions out of direct answers, and not out of the multiple choice', async () => {
    const row = (id: string, isDifficult: boolean) => ({
      ...{ question_id: id, image_id: 1, question: '?', choices: ['cab', 'bus'], correct_choice_idx: 0 },
      ...{ direct_answers: ['cab', 'cab', 'cab'], difficult_direct_answer: isDifficult },
    });
    const folder = await writeFiles({
      'aokvqa_v1p0_val.json': [row('easy', false), row('hard', true)],
      'said.json': {
        easy: { multiple_choice: 'bus', direct_answer: 'cab' },
        hard: { multiple_choice: 'cab', direct_answer: 'bus' },
      },
    });
    const { metrics, notes } = await aokvqaTask.score({
      ...{ truth: [join(folder, 'aokvqa_v1p0_val.json')], predictions: [join(folder, 'said.json')] },
    });
    expect(metrics).toEqual({ multipleChoice: 50, directAnswer: 100 });
    expect(notes.join()).toContain('directAnswer is of 1 questions');
  });

  it("reads VLMEvalKit's table, which has no direct answers", async () => {
    const folder = await writeFiles({
      'A-OKVQA.tsv': 'index\tquestion\tA\tB\tC\tD\tanswer\timage\n4\t?\tcab\tbus\ttrain\tship\tC\taGk=\n',
      'model_A-OKVQA.tsv': 'index\tprediction\n4\ta train\n',
    });
    const { metrics } = await aokvqaTask.score({
      truth: [join(folder, 'A-OKVQA.tsv')],
      predictions: [join(folder, 'model_A-OKVQA.tsv')],
      dialect: 'vlmevalkit',
    });
    expect(metrics).toEqual({ multipleChoice: 100 });
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
  it.each(seedTask.dialects)('scores as the rule of %s does', async (dialect) => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        readonly truth: unknown;
        readonly said: readonly unknown[];
        readonly scores: Readonly<Record<string, unknown>>;
      }[];
    }>('seed');
    expect(cases).toHaveLength(300);
    const fill = await createRefilledFolder();
    for (const { truth, said, scores } of cases) {
      const folder = fill({ 'SEED-Bench.json': truth, 'said.jsonl': jsonLines(said) });
      const { metrics } = await seedTask.score({
        truth: [join(folder, 'SEED-Bench.json')],
        predictions: [join(folder, 'said.jsonl')],
        dialect,
      });
      expect(metrics).toEqual(scores[dialect]);
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
