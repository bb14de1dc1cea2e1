import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRefilledFolder,
  isAbsent,
  jsonLines,
  readCases,
  sharedData,
  writeFiles,
} from '../choice.test-support.js';
import { textVqaTask } from '../textvqa/textvqa-task.js';
import { vizWizTask } from '../vizwiz/vizwiz-task.js';
import { vqav2Task } from '../vqav2/vqav2-task.js';
import { consensusCredit } from './consensus-credit.js';
import { normaliseAnswer, normaliseToken, oneLine } from './normalise-answer.js';

type Scores = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Cases {
  readonly texts: readonly { text: string; vqa: string; m4c: string; several: string }[];
  readonly rows: readonly ({ answers: readonly string[]; prediction: string } & Readonly<
    Record<'vqav2' | 'textvqa' | 'vizwiz', Readonly<Record<string, number>>>
  >)[];
  readonly files: readonly ({ rows: readonly number[]; kinds: readonly string[] } & Readonly<
    Record<'vqav2' | 'textvqa' | 'vizwiz', Scores>
  >)[];
}

const cases = await readCases<Cases>('short-answers');

/** Rows as the official files of each benchmark. */
const truthOf = {
  vqav2: (rows: Cases['rows'], kinds: readonly string[]) => ({
    'v2_annotations.json': {
      info: {},
      annotations: rows.map(({ answers }, id) => ({
        question_id: id,
        image_id: Math.floor(id / 3),
        question_type: 'what',
        answer_type: kinds[id],
        answers: answers.map((answer, place) => ({ answer, answer_confidence: 'yes', answer_id: place + 1 })),
      })),
    },
  }),
  textvqa: (rows: Cases['rows']) => ({
    'TextVQA_0.5.1_val.json': {
      data: rows.map(({ answers }, id) => ({
        question_id: id,
        image_id: `i${id}`,
        question: `What ${id}?`,
        answers,
      })),
    },
  }),
  vizwiz: (rows: Cases['rows'], kinds: readonly string[]) => ({
    'val.json': rows.map(({ answers }, id) => ({
      ...{ image: `${id}.jpg`, question: 'What?', answer_type: kinds[id], answerable: 1 },
      answers: answers.map((answer) => ({ answer, answer_confidence: 'yes' })),
    })),
  }),
};
const predictionsOf = {
  vqav2: (rows: Cases['rows']) => rows.map(({ prediction }, id) => ({ question_id: id, answer: prediction })),
  textvqa: (rows: Cases['rows']) =>
    rows.map(({ prediction }, id) => ({ question_id: id, answer: prediction })),
  vizwiz: (rows: Cases['rows']) =>
    rows.map(({ prediction }, id) => ({ image: `${id}.jpg`, answer: prediction })),
};
const tasks = { vqav2: vqav2Task, textvqa: textVqaTask, vizwiz: vizWizTask };
const NAMES = ['vqav2', 'textvqa', 'vizwiz'] as const;

describe('normaliseAnswer', () => {
  it('gives what the rules of VQA and m4c give', () => {
    expect(cases.texts.length).toBeGreaterThanOrEqual(300);
    for (const { text, vqa, m4c, several } of cases.texts) {
      const got = {
        vqa: normaliseAnswer(oneLine(text)),
        m4c: normaliseToken(text),
        several: normaliseAnswer(oneLine(text), 'several'),
      };
      expect(got, JSON.stringify(text)).toEqual({ vqa, m4c, several });
    }
  });

  it('takes out the first 32 periods, as the official script does', () => {
    expect(normaliseAnswer(`${'x.'.repeat(34)}`)).toBe(`${'x'.repeat(32)}x.x.`);
  });
});

describe('consensusCredit', () => {
  it.each([
    [0, 0],
    [1, 0.3],
    [2, 0.6],
    [3, 0.9],
    [4, 1],
    [10, 1],
  ])('is %i equal answers of ten: %f', (equal, credit) => {
    const answers = Array.from({ length: 10 }, (_, place) => (place < equal ? 'a' : 'b'));
    expect(consensusCredit(answers, 'a')).toBeCloseTo(credit, 12);
  });
});

describe.each(NAMES)('%s', (name) => {
  const task = tasks[name];

  it.each(task.dialects)('credits every case as the rule of %s does', async (dialect) => {
    expect(cases.rows.length).toBeGreaterThanOrEqual(300);
    // Each case is an answer type of its own, whose accuracy is its credit.
    const kinds = cases.rows.map((_, id) => `kind ${id}`);
    const folder = await writeFiles({
      ...truthOf[name](cases.rows, kinds),
      'said/a.json': predictionsOf[name](cases.rows),
    });
    const score = await task.score({ truth: [folder], predictions: [join(folder, 'said')], dialect });
    if (name === 'textvqa') {
      const fill = await createRefilledFolder();
      for (const row of cases.rows) {
        const one = fill({
          ...truthOf.textvqa([row]),
          'said/a.json': predictionsOf.textvqa([row]),
        });
        const { metrics } = await task.score({ truth: [one], predictions: [join(one, 'said')], dialect });
        expect(metrics['overall'], JSON.stringify(row)).toBeCloseTo(100 * (row.textvqa[dialect] ?? -1), 9);
      }
      return;
    }
    cases.rows.forEach((row, id) => {
      expect(score.byCategory[`kind ${id}`]?.['overall'], JSON.stringify(row)).toBeCloseTo(
        100 * (row[name][dialect] ?? -1),
        9,
      );
    });
  });

  it.each(task.dialects)('rounds the scores of files as %s does', async (dialect) => {
    for (const file of cases.files) {
      const rows = file.rows.flatMap((place) => cases.rows[place] ?? []);
      const folder = await writeFiles({
        ...truthOf[name](rows, file.kinds),
        'said/a.json': predictionsOf[name](rows),
      });
      const { metrics, n, interval } = await task.score({
        truth: [folder],
        predictions: [join(folder, 'said')],
        dialect,
      });
      expect(n).toBe(rows.length);
      expect(metrics).toMatchObject(file[name][dialect] ?? {});
      const [low, high] = interval['overall'] ?? [Number.NaN, Number.NaN];
      expect(low).toBeLessThanOrEqual(Number(metrics['overall']) + 0.005);
      expect(high).toBeGreaterThanOrEqual(Number(metrics['overall']) - 0.005);
    }
  });

  it('gives the same for rows in another order', async () => {
    const rows = cases.rows.slice(0, 40);
    const kinds = rows.map((_, id) => (id % 2 === 0 ? 'other' : 'number'));
    const folder = await writeFiles({
      ...truthOf[name](rows, kinds),
      'said/a.json': predictionsOf[name](rows),
    });
    const before = await task.score({ truth: [folder], predictions: [join(folder, 'said')] });
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...predictionsOf[name](rows)], { minLength: rows.length }),
        async (said) => {
          const other = await writeFiles({ 'a.jsonl': jsonLines(said) });
          expect(await task.score({ truth: [folder], predictions: [join(other, 'a.jsonl')] })).toEqual(
            before,
          );
        },
      ),
      { numRuns: 5 },
    );
  });
});

const vqav2 = sharedData('vqav2');

describe('vqav2 on real questions', () => {
  it.skipIf(isAbsent(vqav2))('scores 500 questions and reads their prompts', async () => {
    const questions = await vqav2Task.questions([vqav2]);
    expect(questions).toHaveLength(500);
    expect(questions[0]).toEqual({
      id: '228478002',
      image: 'COCO_train2014_000000228478.jpg',
      prompt: 'What English meal is this likely for?\nAnswer the question using a single word or phrase.',
    });
    const folder = await writeFiles({});
    const predictions = await vqav2Task.savePredictions(
      [vqav2],
      new Map(questions.map(({ id }) => [id, 'yes'])),
      folder,
    );
    const { metrics, n } = await vqav2Task.score({ truth: [vqav2], predictions });
    // The official rule run in Python on the same files (tools/vqa_rule.py).
    expect({ n, metrics }).toMatchObject({
      n: 500,
      metrics: { overall: 26.52, perAnswerType: { other: 1.77, number: 0, 'yes/no': 65.79 } },
    });
  });
});
