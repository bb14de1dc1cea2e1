import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expectNumbers,
  isAbsent,
  jsonLines,
  readCases,
  sharedData,
  shuffled,
  writeFiles,
  meanOfRows,
} from '../choice.test-support.js';
import { parsePopeAnswer, type PopeDialect } from './parse-pope-answer.js';
import { popeTask } from './pope-task.js';

interface Cases {
  readonly answers: readonly (Readonly<Record<PopeDialect, 'yes' | 'no' | null>> & {
    readonly answer: string;
  })[];
  readonly files: readonly {
    readonly labels: readonly ('yes' | 'no')[];
    readonly answers: readonly string[];
    readonly scores: Readonly<Record<PopeDialect, Readonly<Record<string, number>>>>;
  }[];
}

const cases = await readCases<Cases>('pope');
const DIALECTS: readonly PopeDialect[] = ['official', 'lmms-eval', 'vlmevalkit'];
const OBJECTS = ['cat', 'orange', 'dining table', 'oven'];
const question = (id: number, label: 'yes' | 'no' = 'yes') => ({
  question_id: id,
  image: `image ${Math.floor(id / 3)}`,
  text: `Is there a ${OBJECTS[id % 4]} in the image?`,
  label,
});
const score = (folder: string, settings: Partial<Parameters<typeof popeTask.score>[0]> = {}) =>
  popeTask.score({
    truth: [join(folder, 'truth')],
    predictions: [join(folder, 'answers.jsonl')],
    ...settings,
  });

describe('parsePopeAnswer', () => {
  it.each(DIALECTS)('reads every case as the rule of %s does', (dialect) => {
    expect(cases.answers.length).toBeGreaterThanOrEqual(300);
    for (const { answer, [dialect]: wanted } of cases.answers)
      expect(parsePopeAnswer(answer, dialect) ?? null, JSON.stringify(answer)).toBe(wanted);
  });
});

describe('pope', () => {
  it.each(DIALECTS)('gives the rates of the rule of %s', async (dialect) => {
    for (const { labels, answers, scores } of cases.files) {
      const folder = await writeFiles({
        'truth/coco_pope_random.json': jsonLines(labels.map((label, id) => question(id, label))),
        'answers.jsonl': jsonLines(answers.map((text, question_id) => ({ question_id, text }))),
      });
      const whole = await score(folder, { dialect });
      const { metrics, byCategory } = whole;
      expectNumbers(metrics, scores[dialect]);
      expect(meanOfRows(whole, 'accuracy')).toBeCloseTo(Number(metrics['accuracy']), 12);
      expect(byCategory['random']).toEqual(metrics);
    }
  });

  it("joins LLaVA's coded ids by the questions, split by split, and heads with the random one", async () => {
    const splits = { random: ['yes', 'no'], popular: ['no', 'no'] } as const;
    const ask = (id: number, split: keyof typeof splits) => ({
      ...question(id, splits[split][id - 1]),
      text: `Is there an ${split} thing ${id} in the image?`,
    });
    const answers = (['popular', 'random'] as const).flatMap((split, code) =>
      [1, 2].map((id) => ({
        question_id: (code + 2) * 10_000_000 + id,
        prompt: `${ask(id, split).text.replace('image', 'imange')}\nAnswer the question using a single word or phrase.`,
        text: split === 'random' ? 'Yes' : 'No',
      })),
    );
    const folder = await writeFiles({
      'truth/coco_pope_random.json': jsonLines([1, 2].map((id) => ask(id, 'random'))),
      'truth/coco_pope_popular.json': jsonLines([1, 2].map((id) => ask(id, 'popular'))),
      'answers.jsonl': jsonLines(answers),
    });
    const { n, metrics, byCategory } = await score(folder);
    expect(n).toBe(4);
    expect(byCategory).toMatchObject({
      random: { accuracy: 0.5, f1: 2 / 3 },
      popular: { accuracy: 1, f1: 0 },
    });
    expect(metrics).toEqual(byCategory['random']);
    const random = join(folder, 'truth', 'coco_pope_random.json');
    await expect(score(folder, { truth: [random] })).rejects.toThrow(/2 unknown \(20000001, 20000002\)/);
    expect((await score(folder, { truth: [random], allowMissing: true })).metrics).toEqual(metrics);
  });

  it('joins official rows without ids by their place only where the question is the same', async () => {
    const truth = [1, 2].map((id) => question(id));
    const rows = truth.map(({ text }) => ({ question: text, answer: 'yes' }));
    const folder = await writeFiles({
      'truth/coco_pope_random.json': jsonLines(truth),
      'answers.jsonl': jsonLines(rows),
      'turned.jsonl': jsonLines(rows.toReversed()),
    });
    expect((await score(folder)).metrics['accuracy']).toBe(1);
    await expect(score(folder, { predictions: [join(folder, 'turned.jsonl')] })).rejects.toMatchObject({
      code: 'bench/bad-predictions',
    });
  });

  it("reads lmms-eval's samples and VLMEvalKit's table", async () => {
    const truth = [1, 2].map((id) => question(id));
    const samples = truth.map(({ question_id, text }, doc_id) => ({
      doc_id,
      doc: { question_id: String(question_id), question: text, answer: 'yes', category: 'random' },
      filtered_resps: ['Yes'],
      resps: [['Yes ']],
    }));
    const row = (index: number, last: string) =>
      `${index}\t${question(index).text}\t${last}\trandom,popular\n`;
    const folder = await writeFiles({
      'truth/coco_pope_random.json': jsonLines(truth),
      'answers.jsonl': jsonLines(samples),
      'POPE.tsv': `index\tquestion\tanswer\tcategory\n${row(1, 'Yes')}${row(2, 'No')}`,
      'model_POPE.tsv': `index\tquestion\tprediction\tcategory\n${row(2, '"it\'s ""no"""')}${row(1, 'yes')}`,
    });
    expect((await score(folder, { dialect: 'lmms-eval' })).metrics['accuracy']).toBe(1);
    const table = await score(folder, {
      truth: [join(folder, 'POPE.tsv')],
      predictions: [join(folder, 'model_POPE.tsv')],
      dialect: 'vlmevalkit',
    });
    expect(table).toMatchObject({ n: 4, metrics: { accuracy: 1 }, byCategory: { popular: { accuracy: 1 } } });
  });

  it('names missing, duplicate and unknown rows, and counts the first two as wrong where that is allowed', async () => {
    const folder = await writeFiles({
      'truth/coco_pope_random.json': jsonLines([1, 2, 3].map((id) => question(id, id === 1 ? 'no' : 'yes'))),
      'answers.jsonl': jsonLines([2, 2, 3, 9].map((question_id) => ({ question_id, text: 'yes' }))),
    });
    await expect(score(folder)).rejects.toThrow(
      /1 missing \(random\/1\); 1 duplicate \(random\/2\); 1 unknown \(9\)/,
    );
    expect(await score(folder, { allowMissing: true })).toMatchObject({
      missing: 2,
      metrics: { accuracy: 1 / 3, precision: 0.5, recall: 0.5 },
      faults: { missing: ['random/1'], duplicate: ['random/2'], unknown: ['9'] },
    });
  });

  it('takes no table without answers for empty answers', async () => {
    const rows = ['index\tquestion\tcategory\tanswer', '0\tIs there a cat in the image?\trandom\tYes'];
    const folder = await writeFiles({
      'truth/coco_pope_random.json': jsonLines([question(0)]),
      'truth.tsv': `${rows.join('\n')}\n`,
      'empty.tsv': `${rows[0]}\tprediction\n${rows[1]}\t\n`,
    });
    await expect(score(folder, { predictions: [join(folder, 'truth.tsv')] })).rejects.toMatchObject({
      code: 'bench/bad-predictions',
    });
    const empty = await score(folder, { predictions: [join(folder, 'empty.tsv')] });
    expect(empty).toMatchObject({ n: 1, missing: 0 });
  });

  it('takes no split for a name that leads out of a folder', async () => {
    const folder = await writeFiles({
      'truth/coco_pope_random.json': jsonLines([{ ...question(0), category: 'x/../../escaped' }]),
    });
    await expect(popeTask.questions([join(folder, 'truth')])).rejects.toMatchObject({
      code: 'bench/bad-truth',
      message: expect.stringContaining('got "x/../../escaped"') as string,
    });
  });

  it('refuses answers that are no text, other files, unknown dialects', async () => {
    const folder = await writeFiles({
      'truth/coco_pope_random.json': jsonLines([question(1)]),
      'answers.jsonl': jsonLines([{ question_id: 1, text: 7 }]),
      'labels.json': jsonLines([{ ...question(1), label: 'perhaps' }]),
    });
    await expect(score(folder)).rejects.toThrow(/answers\.jsonl: expected rows.*row 1/);
    await expect(score(folder, { truth: [join(folder, 'labels.json')] })).rejects.toMatchObject({
      code: 'bench/bad-truth',
    });
    await expect(score(folder, { truth: [join(folder, 'none')] })).rejects.toMatchObject({
      code: 'bench/bad-truth',
    });
    // The questions are no answers, though they have a text.
    await expect(
      score(folder, { predictions: [join(folder, 'truth', 'coco_pope_random.json')] }),
    ).rejects.toMatchObject({ code: 'bench/bad-predictions' });
    await expect(score(folder, { dialect: 'other' })).rejects.toMatchObject({
      code: 'bench/unknown-dialect',
    });
  });

  it('does not change by the order of the rows; what it saves is read again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.constantFrom('Yes', 'No.', 'maybe', '')), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer(),
        async (rows, seed) => {
          const truth = rows.map(([isYes], id) => question(id, isYes ? 'yes' : 'no'));
          const answers = rows.map(([, text], question_id) => ({ question_id, text }));
          const folder = await writeFiles({
            'truth/coco_pope_random.json': jsonLines(truth),
            'answers.jsonl': jsonLines(answers),
            'shuffled.jsonl': jsonLines(shuffled(answers, seed)),
          });
          const plain = await score(folder);
          expect(await score(folder, { predictions: [join(folder, 'shuffled.jsonl')] })).toEqual(plain);
          const saved = await popeTask.savePredictions(
            [join(folder, 'truth')],
            new Map(answers.map(({ question_id, text }) => [`random/${question_id}`, text])),
            await mkdtemp(join(tmpdir(), 'fgam-saved-')),
          );
          expect(await score(folder, { predictions: saved })).toEqual(plain);
          const perfect = await writeFiles({
            'answers.jsonl': jsonLines(truth.map(({ question_id, label }) => ({ question_id, text: label }))),
          });
          const full = await score(folder, { predictions: [join(perfect, 'answers.jsonl')] });
          expect(full.metrics['accuracy']).toBe(1);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('asks as LLaVA-1.5 was asked', async () => {
    const folder = await writeFiles({ 'truth/coco_pope_random.json': jsonLines([question(1)]) });
    expect(await popeTask.questions([join(folder, 'truth')])).toEqual([
      {
        id: 'random/1',
        image: 'image 0',
        prompt: 'Is there a orange in the image?\nAnswer the question using a single word or phrase.',
      },
    ]);
  });
});

const real = sharedData('pope');
describe.skipIf(isAbsent(real))("POPE's popular split, LLaVA-1.5-13B (needs the shared data)", () => {
  it('gives what the official script gives', async () => {
    const { n, missing, metrics, interval } = await popeTask.score({
      truth: [join(real, 'coco_pope_popular.json')],
      predictions: [join(real, 'llava-v1.5-13b.popular.answers.jsonl')],
    });
    expect({ n, missing }).toEqual({ n: 3000, missing: 0 });
    // TP 1182, FP 59, TN 1441, FN 318.
    expectNumbers(metrics, {
      accuracy: (1182 + 1441) / 3000,
      precision: 1182 / 1241,
      recall: 1182 / 1500,
      f1: (2 * 1182) / (2 * 1182 + 59 + 318),
      yesRatio: 1241 / 3000,
    });
    expect(metrics['accuracy']).toBeCloseTo(0.87433, 5);
    expect(metrics['f1']).toBeCloseTo(0.86246, 5);
    const [low, high] = interval['f1'] ?? [1, 0];
    expect(low).toBeLessThan(0.86246);
    expect(high).toBeGreaterThan(0.86246);
  });

  it('has no answers to the random split', async () => {
    const predictions = [join(real, 'llava-v1.5-13b.popular.answers.jsonl')];
    await expect(popeTask.score({ truth: [real], predictions })).rejects.toThrow(
      /3000 missing \(random\/1, /,
    );
    const { n, missing, byCategory } = await popeTask.score({
      truth: [real],
      predictions,
      allowMissing: true,
    });
    expect({ n, missing }).toEqual({ n: 6000, missing: 3000 });
    expect(byCategory).toMatchObject({ random: { accuracy: 0 } });
    expect(byCategory['popular']?.['accuracy']).toBeCloseTo(0.87433, 5);
  });
});
