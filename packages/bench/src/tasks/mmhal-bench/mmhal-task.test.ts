import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Judge } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import {
  expectNumbers,
  isAbsent,
  jsonLines,
  readCases,
  sharedData,
  shuffled,
  writeFiles,
} from '../choice.test-support.js';
import { mmhalTask } from './mmhal-task.js';
import { parseMmhalRating } from './parse-mmhal-rating.js';

interface Cases {
  readonly replies: readonly { readonly reply: string; readonly rating: number | null }[];
  readonly files: readonly {
    readonly replies: readonly string[];
    readonly score: number;
    readonly hallucinationRate: number;
    readonly types: Readonly<Record<string, number>>;
  }[];
}

const cases = await readCases<Cases>('mmhal-bench');
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    question_type: 'any',
    image_id: `image-${index}`,
    image_src: `https://example.org/a/${index}.jpg`,
    image_content: ['Cat', 'Dog'],
    question: `q${index}?`,
    gt_answer: `a${index}`,
    model_answer: `answer ${index}.`,
  }));
const judgeOf = (replies: readonly string[], asked: string[] = []): Judge => ({
  name: 'test judge',
  judge: (requests) =>
    Promise.resolve(
      requests.map(({ prompt }) => {
        asked.push(prompt);
        return replies[Number(/answer (\d+)\./.exec(prompt)?.[1])] ?? '';
      }),
    ),
});
const score = (folder: string, judge: Judge, settings: Partial<Parameters<typeof mmhalTask.score>[0]> = {}) =>
  mmhalTask.score({
    truth: [join(folder, 'a.json')],
    predictions: [join(folder, 'a.json')],
    judge,
    ...settings,
  });

describe('mmhal-bench', () => {
  it('reads a rating as the rule does', () => {
    expect(cases.replies.length).toBeGreaterThanOrEqual(250);
    for (const { reply, rating } of cases.replies)
      expect(parseMmhalRating(reply) ?? null, JSON.stringify(reply)).toBe(rating);
  });

  it('gives the means of the rule, in whatever order and form the answers are', async () => {
    for (const [place, { replies, types, ...wanted }] of cases.files.entries()) {
      const rows = rowsOf(replies.length);
      const folder = await writeFiles({
        'a.json': rows,
        'b.json': shuffled(rows, place),
        'c.jsonl': jsonLines(rows.map(({ model_answer: text }, question_id) => ({ question_id, text }))),
      });
      const result = await score(folder, judgeOf(replies));
      expectNumbers(result.metrics, wanted);
      expectNumbers(
        Object.fromEntries(Object.entries(result.byCategory).map(([type, each]) => [type, each['score']])),
        types,
      );
      for (const file of ['b.json', 'c.jsonl'])
        expect(await score(folder, judgeOf(replies), { predictions: [join(folder, file)] })).toEqual(result);
    }
  });

  it('fills a given prompt as Python does, and refuses one without its places', async () => {
    const folder = await writeFiles({ 'a.json': rowsOf(1) });
    const asked: string[] = [];
    await score(folder, judgeOf(['Rating: 6'], asked), { judgePrompt: '{} / {} / {} / {}' });
    expect(asked).toEqual(['Cat, Dog / q0? / a0 / answer 0.']);
    await expect(score(folder, judgeOf([]), { judgePrompt: '{} {}' })).rejects.toMatchObject({
      code: 'bench/bad-input',
    });
    await score(folder, judgeOf(['Rating: 6'], asked));
    expect(asked[1]).toContain(
      "Cat, Dog\nQuestion: q0?\nA person's answer: a0\nAnswer to judge: answer 0.\n",
    );
  });

  it('names missing, unknown and duplicate answers; a missing one is rated 0 and not asked for', async () => {
    const rows = rowsOf(3);
    const folder = await writeFiles({
      'a.json': rows,
      'b.json': [rows[0], rows[1], rows[1], { ...rows[2], image_id: 'other' }],
    });
    const predictions = [join(folder, 'b.json')];
    const replies = ['Rating: 6', 'Rating: 6', 'Rating: 6'];
    await expect(score(folder, judgeOf(replies), { predictions })).rejects.toThrow(
      '1 missing (image-2); 1 duplicate (image-1); 1 unknown (other)',
    );
    const asked: string[] = [];
    const result = await score(folder, judgeOf(replies, asked), { predictions, allowMissing: true });
    expect(result).toMatchObject({ n: 3, missing: 2, metrics: { score: 2, hallucinationRate: 2 / 3 } });
    expect(asked).toHaveLength(1);
  });

  it("rates by the replies that the official script saved, in the questions' order and without a judge", async () => {
    const reply = (content: string, model = 'gpt-4-0314') => ({
      ...{
        object: 'chat.completion',
        model,
        choices: [{ index: 0, message: { role: 'assistant', content } }],
      },
    });
    const folder = await writeFiles({
      'a.json': rowsOf(3),
      'replies.json': ['Rating: 6', 'Rating: 1', 'none'].map((each) => reply(each)),
      'short.json': [reply('Rating: 6')],
      'mixed.json': [reply('Rating: 6'), reply('Rating: 6', 'gpt-4o'), reply('Rating: 6')],
      'partly.json': [reply('Rating: 6'), ...rowsOf(3).slice(1)],
    });
    const rated = (file: string, settings: object = {}) =>
      mmhalTask.score({
        ...{ truth: [join(folder, 'a.json')], predictions: [join(folder, file)], ...settings },
      });
    const result = await rated('replies.json');
    expect(result).toMatchObject({
      ...{ dialect: 'official', n: 3, missing: 0, faults: { unparsable: ['image-2'] } },
      byCategory: { adversarial: { score: 1, hallucinationRate: 1 } },
    });
    expectNumbers(result.metrics, { score: 7 / 3, hallucinationRate: 2 / 3 });
    expect(result.notes[0]).toBe('judged by gpt-4-0314');
    await expect(rated('short.json')).rejects.toThrow(/2 missing \(image-1, image-2\)/);
    await expect(rated('mixed.json')).rejects.toMatchObject({ code: 'bench/mixed-judges' });
    await expect(rated('partly.json')).rejects.toThrow(/got answers too \(image-1, image-2\)/);
    await expect(rated('replies.json', { judge: judgeOf([]) })).rejects.toThrow(/got a judge too/);
    await expect(rated('a.json')).rejects.toMatchObject({ code: 'bench/no-judge' });
    expect((await score(folder, judgeOf(['Rating: 6', '', '']))).dialect).toBe('fgam-judge');
  });

  it('asks the question alone; what it saves is read again', async () => {
    const folder = await writeFiles({ 'a.json': rowsOf(2) });
    const truth = [join(folder, 'a.json')];
    expect((await mmhalTask.questions(truth))[1]).toEqual({ id: 'image-1', image: '1.jpg', prompt: 'q1?' });
    const out = await mkdtemp(join(tmpdir(), 'fgam-saved-'));
    const answers = new Map([0, 1].map((index) => [`image-${index}`, `answer ${index}.`]));
    const predictions = await mmhalTask.savePredictions(truth, answers, out);
    const { metrics } = await score(folder, judgeOf(['Rating: 6', 'Rating: 2']), { predictions });
    expect(metrics).toEqual({ score: 4, hallucinationRate: 0.5 });
  });
});

const real = sharedData('mmhal-bench', 'mmhal-bench_answer_template.json');
describe.skipIf(isAbsent(real))("MMHal-Bench's questions (needs the shared data)", () => {
  it('are 12 of each type', async () => {
    const { n, byCategory } = await mmhalTask.score({
      ...{
        truth: [real],
        predictions: [real],
        judge: {
          ...judgeOf([]),
          judge: (all) => Promise.resolve(all.map((_, i) => `Rating: ${i % 8 === 3 ? 5 : 1}`)),
        },
      },
    });
    expect(n).toBe(96);
    expect(byCategory['counting']).toEqual({ score: 5, hallucinationRate: 0 });
    expect(byCategory['other']).toEqual({ score: 1, hallucinationRate: 1 });
  });
});
