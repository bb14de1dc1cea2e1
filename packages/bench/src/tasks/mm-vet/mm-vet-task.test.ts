import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Judge } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { createRecordingJudge } from '../../judge/create-recording-judge.js';
import { createReplayJudge } from '../../judge/create-replay-judge.js';
import { expectNumbers, jsonLines, readCases, shuffled, writeFiles } from '../choice.test-support.js';
import { MM_VET_AGAIN, MM_VET_PROMPT } from './mm-vet-prompt.js';
import { mmVetTask } from './mm-vet-task.js';
import { parseMmVetScore } from './score-mm-vet.js';

interface Cases {
  readonly replies: readonly { readonly reply: string; readonly score: number | null }[];
  readonly files: readonly {
    readonly rows: readonly { readonly capability: readonly string[]; readonly reply: string }[];
    readonly scores: Readonly<Record<string, number>>;
  }[];
}

const cases = await readCases<Cases>('mm-vet');
const truthOf = (rows: Cases['files'][number]['rows']) =>
  Object.fromEntries(
    rows.map(({ capability }, index) => [
      `v1_${index}`,
      { imagename: `v1_${index}.png`, question: `q${index}?`, answer: `a${index}<AND>b<OR>c`, capability },
    ]),
  );
const textOf = (index: number) => `answer ${index}`;
/** A judge that replies to a row by its place, and again so if it is asked again. */
const judgeOf = (replies: readonly string[], asked: string[] = []): Judge => ({
  name: 'test judge',
  judge: (requests) =>
    Promise.resolve(
      requests.map(({ prompt }) => {
        asked.push(prompt);
        return replies[Number(/ answer (\d+) \| /.exec(prompt)?.[1])] ?? 'none';
      }),
    ),
});
const score = (
  folder: string,
  judge: Judge | undefined,
  settings: Partial<Parameters<typeof mmVetTask.score>[0]> = {},
) =>
  mmVetTask.score({
    truth: [join(folder, 'mm-vet.json')],
    predictions: [join(folder, 'answers.json')],
    ...(judge === undefined ? {} : { judge }),
    ...settings,
  });

describe('mm-vet', () => {
  it('reads a reply as the rule does', () => {
    expect(cases.replies.length).toBeGreaterThanOrEqual(250);
    for (const { reply, score: wanted } of cases.replies)
      expect(parseMmVetScore(reply) ?? null, JSON.stringify(reply)).toBe(wanted);
  });

  it('gives the means of the rule, and the same from recorded replies and in another order', async () => {
    for (const [place, { rows, scores }] of cases.files.entries()) {
      const answers = Object.fromEntries(rows.map((_, index) => [`v1_${index}`, textOf(index)]));
      const folder = await writeFiles({
        'mm-vet.json': truthOf(rows),
        'answers.json': answers,
        'shuffled.json': Object.fromEntries(shuffled(Object.entries(answers), place)),
        'llava.jsonl': jsonLines(rows.map((_, question_id) => ({ question_id, text: textOf(question_id) }))),
      });
      const replies = judgeOf(rows.map(({ reply }) => reply));
      const judge = await createRecordingJudge(join(folder, 'judge'), {
        ...{ model: 'test', parameters: { temperature: 0 } },
        ask: async (prompt) => ({ text: (await replies.judge([{ prompt }]))[0] ?? '', answeredBy: 'test' }),
      });
      const result = await score(folder, judge);
      const { total, perCapability } = result.metrics;
      expectNumbers({ total, ...(perCapability as Record<string, number>) }, scores);
      expect(result.byCategory['rec']?.['score']).toBe(
        (perCapability as Record<string, number | undefined>)['rec'],
      );
      const unread = rows.flatMap(({ reply }, index) =>
        parseMmVetScore(reply) === undefined ? [`v1_${index}`] : [],
      );
      expect(result.faults.unparsable).toEqual(unread);
      const replay = await createReplayJudge(join(folder, 'judge'));
      for (const file of ['shuffled.json', 'llava.jsonl'])
        expect(await score(folder, replay, { predictions: [join(folder, file)] })).toEqual(result);
    }
  });

  it('asks by the row, once more where the reply is no score, by a given prompt where there is one', async () => {
    const rows = [
      { capability: ['ocr'], reply: '1.0' },
      { capability: ['ocr', 'rec'], reply: 'well' },
    ];
    const folder = await writeFiles({
      'mm-vet.json': truthOf(rows),
      'answers.json': { v1_0: textOf(0), v1_1: textOf(1) },
    });
    const asked: string[] = [];
    const { metrics, byCategory, notes } = await score(folder, judgeOf(['1.0', 'well'], asked));
    const row = (index: number) => `q${index}? | a${index} <AND> b <OR> c | answer ${index} | `;
    expect(asked).toEqual([
      `${MM_VET_PROMPT.text}\n${row(0)}`,
      `${MM_VET_PROMPT.text}\n${row(1)}`,
      `${MM_VET_PROMPT.text}\n${row(1)}${MM_VET_AGAIN}`,
    ]);
    expect(metrics['total']).toBe(50);
    expect(byCategory['ocr and no other']).toEqual({ score: 100, n: 1 });
    expect(byCategory['ocr+rec and no other']).toEqual({ score: 0, n: 1 });
    expect(notes.join()).toContain('fgam-1');
    asked.length = 0;
    const given = await score(folder, judgeOf(['1', '1'], asked), { judgePrompt: 'Official.' });
    expect(asked[0]).toBe(`Official.\n${row(0)}`);
    expect(given.notes.join()).toMatch(/SHA-256 [0-9a-f]{64}/);
  });

  it('needs a judge; counts a missing answer as 0 without asking', async () => {
    const rows = [0, 1].map(() => ({ capability: ['gen'], reply: '1' }));
    const folder = await writeFiles({
      'mm-vet.json': truthOf(rows),
      'answers.json': { v1_1: textOf(1), v1_9: 'x' },
    });
    await expect(score(folder, undefined, { allowMissing: true })).rejects.toMatchObject({
      code: 'bench/no-judge',
    });
    await expect(score(folder, judgeOf(['1', '1']))).rejects.toThrow(
      /1 missing \(v1_0\); 1 unknown \(v1_9\)/,
    );
    const asked: string[] = [];
    const result = await score(folder, judgeOf(['1', '1'], asked), { allowMissing: true });
    expect(result).toMatchObject({ n: 2, missing: 1, metrics: { total: 50 } });
    expect(asked).toHaveLength(1);
  });

  it('is official by the official prompt or grades alone', async () => {
    const folder = await writeFiles({
      'mm-vet.json': truthOf([{ capability: ['ocr'], reply: '1' }]),
      'answers.json': { v1_0: textOf(0) },
    });
    const judge = judgeOf(['1']);
    expect((await score(folder, judge)).dialect).toBe('fgam-judge');
    expect((await score(folder, judge, { judgePrompt: 'Official.' })).dialect).toBe('official');
    await expect(score(folder, judge, { dialect: 'official' })).rejects.toThrow(
      /expected the text of the judge's prompt for the dialect official/,
    );
    await expect(
      score(folder, judge, { dialect: 'fgam-judge', judgePrompt: 'Official.' }),
    ).rejects.toMatchObject({ code: 'bench/bad-input' });
  });

  it("scores the official evaluator's grades, lmms-eval's and VLMEvalKit's without a judge", async () => {
    const grade = (score: readonly number[], model = 'gpt-4-0613') => ({
      ...{ model: score.map(() => model), content: score.map(String), score },
    });
    const folder = await writeFiles({
      'mm-vet.json': truthOf([0, 1].map(() => ({ capability: ['ocr'], reply: '' }))),
      'answers.json': { v1_0: textOf(0), v1_1: textOf(1) },
      'm_gpt-4-0613-grade-2runs.json': { v1_1: grade([0.5, 0.7]), v1_0: grade([1, 1]) },
      'samples.jsonl': jsonLines(
        [0, 1].map((id) => ({
          ...{ doc_id: id, doc: { question_id: `v1_${id}` }, resps: [[textOf(id)]] },
          gpt_eval_score: { question_id: `v1_${id}`, score: id / 2, eval_model: 'gpt-4' },
        })),
      ),
      'm_MMVet_gpt-4-turbo.tsv': 'index\tprediction\tscore\tlog\n0\tx\t0.2\tok\n1\ty\t0.4\tok\n',
      'mixed.json': { v1_0: grade([1]), v1_1: grade([1], 'gpt-4o') },
      'unequal.json': { v1_0: grade([1]), v1_1: grade([1, 1]) },
      'partly.json': { v1_0: grade([1]), v1_1: textOf(1) },
    });
    const graded = (file: string) => score(folder, undefined, { predictions: [join(folder, file)] });
    const official = await graded('m_gpt-4-0613-grade-2runs.json');
    expect(official).toMatchObject({ dialect: 'official', faults: { unparsable: [] } });
    expect(official.metrics['total']).toBeCloseTo(80, 9);
    expect(official.notes).toEqual(['graded by gpt-4-0613, runs: 2']);
    expect((await graded('samples.jsonl')).metrics['total']).toBeCloseTo(25, 9);
    expect((await graded('m_MMVet_gpt-4-turbo.tsv')).metrics['total']).toBeCloseTo(30, 9);
    await expect(graded('mixed.json')).rejects.toMatchObject({ code: 'bench/mixed-judges' });
    await expect(graded('unequal.json')).rejects.toThrow(/the same number of runs .* got 1 and, for v1_1, 2/);
    await expect(graded('partly.json')).rejects.toThrow(/got 1 rows without \(v1_1\)/);
    // With a judge answers are judged anew, where there are some.
    const judged = await score(folder, judgeOf(['1', '1']), { predictions: [join(folder, 'samples.jsonl')] });
    expect(judged.metrics['total']).toBe(100);
    await expect(
      score(folder, judgeOf([]), { predictions: [join(folder, 'm_gpt-4-0613-grade-2runs.json')] }),
    ).rejects.toThrow(/expected the answer in each row, got 2 rows without/);
  });

  it("reads lmms-eval's and VLMEvalKit's rows; asks the question alone; what it saves is read again", async () => {
    const folder = await writeFiles({
      'truth.json': [{ question_id: 'v1_0', question: 'q0?', answer: 'a', capability: 'ocr,math' }],
      'samples.jsonl': jsonLines([
        { doc_id: 0, doc: { question_id: 'v1_0' }, filtered_resps: [textOf(0)], resps: [[textOf(0)]] },
      ]),
      'MMVet.tsv': 'index\tquestion\tanswer\tcategory\n0\tq0?\ta\tocr;math\n',
      'model_MMVet.tsv': `index\tprediction\n0\t${textOf(0)}\n`,
    });
    for (const [truth, predictions] of [
      ['truth.json', 'samples.jsonl'],
      ['MMVet.tsv', 'model_MMVet.tsv'],
    ] as const) {
      const result = await score(folder, judgeOf(['0.5']), {
        ...{ truth: [join(folder, truth)], predictions: [join(folder, predictions)] },
      });
      expect(result.metrics).toEqual({ total: 50, perCapability: { ocr: 50, math: 50 } });
    }
    const truth = [join(folder, 'truth.json')];
    expect(await mmVetTask.questions(truth)).toEqual([{ id: 'v1_0', image: 'v1_0', prompt: 'q0?' }]);
    const out = await mkdtemp(join(tmpdir(), 'fgam-saved-'));
    const predictions = await mmVetTask.savePredictions(truth, new Map([['v1_0', textOf(0)]]), out);
    expect((await score(folder, judgeOf(['1']), { truth, predictions })).metrics['total']).toBe(100);
  });
});
