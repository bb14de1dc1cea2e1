import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Judge } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import writeSheet from 'write-excel-file/node';
import { expectNumbers, jsonLines, readCases, shuffled, writeFiles } from '../choice.test-support.js';
import { inferOption } from '../choices/infer-option.js';
import { mmbenchTask } from './mmbench-task.js';

/** The official rule is VLMEvalKit's. */
const RULES = { official: 'vlmevalkit', 'lmms-eval': 'lmms-eval' } as const;
type Dialect = keyof typeof RULES;

interface CaseRow {
  readonly index: number;
  readonly choices: Readonly<Record<string, string>>;
  readonly answer: string;
  readonly prediction: string;
}
interface Cases {
  readonly answers: readonly (Readonly<Record<Dialect, string | null>> & {
    readonly choices: Readonly<Record<string, string>>;
    readonly answer: string;
  })[];
  readonly files: readonly {
    readonly rows: readonly CaseRow[];
    readonly scores: Readonly<Record<Dialect, { readonly circular: number; readonly vanilla: number }>>;
  }[];
}

const cases = await readCases<Cases>('mmbench');
const DIALECTS: readonly Dialect[] = ['official', 'lmms-eval'];
const LETTERS = ['A', 'B', 'C', 'D'];
const quoted = (cell: string | number) => `"${String(cell).replaceAll('"', '""')}"`;
const table = (rows: readonly (readonly (string | number)[])[]) =>
  rows.map((row) => `${row.map(quoted).join('\t')}\n`).join('');
const truthTable = (rows: readonly CaseRow[]) =>
  table([
    ['index', 'question', 'hint', ...LETTERS, 'answer', 'category', 'l2-category', 'image'],
    ...rows.map(({ index, choices, answer }) => [
      ...[index, `Which one is it in picture ${index % 1e6}?`, 'nan'],
      ...LETTERS.map((letter) => choices[letter] ?? ''),
      ...[answer, index % 2 === 0 ? 'even' : 'odd', 'number', 'aGk='],
    ]),
  ]);
const answerTable = (rows: readonly CaseRow[]) =>
  table([['index', 'prediction'], ...rows.map(({ index, prediction }) => [index, prediction])]);
const score = (folder: string, settings: Partial<Parameters<typeof mmbenchTask.score>[0]> = {}) =>
  mmbenchTask.score({
    ...{ truth: [join(folder, 'mmbench_dev.tsv')], predictions: [join(folder, 'answers.tsv')], ...settings },
  });
const row = (index: number, answer: string, prediction: string): CaseRow => ({
  ...{ index, choices: { A: 'red cat', B: 'blue dog' }, answer, prediction },
});

describe('inferOption', () => {
  it.each(DIALECTS)('reads every case as the rule of %s does', (dialect) => {
    expect(cases.answers.length).toBeGreaterThanOrEqual(400);
    for (const { choices, answer, [dialect]: wanted } of cases.answers)
      expect(inferOption(answer, choices, RULES[dialect]) ?? null, JSON.stringify({ choices, answer })).toBe(
        wanted,
      );
  });
});

describe('mmbench', () => {
  it.each(DIALECTS)('gives the shares of the rule of %s, in whatever order the rows are', async (dialect) => {
    for (const [place, { rows, scores }] of cases.files.entries()) {
      const folder = await writeFiles({
        'mmbench_dev.tsv': truthTable(rows),
        'answers.tsv': answerTable(rows),
        'shuffled.tsv': answerTable(shuffled(rows, place)),
      });
      const result = await score(folder, { dialect });
      expectNumbers(result.metrics, scores[dialect]);
      expect(result.byCategory['number']).toEqual(result.metrics);
      expect(await score(folder, { dialect, predictions: [join(folder, 'shuffled.tsv')] })).toEqual(result);
    }
  });

  it("reads XLSX, LLaVA's first rounds and lmms-eval's samples; what it saves is read again", async () => {
    const rows = [row(3, 'A', 'A. "red" cat\n'), row(1000003, 'B', 'blue dog'), row(4, 'B', 'A')];
    const folder = await writeFiles({
      'mmbench_dev.tsv': truthTable(rows),
      'llava.jsonl': jsonLines([
        ...rows.map(({ index, prediction }) => ({ question_id: index, round_id: 0, text: prediction })),
        { question_id: 3, round_id: 1, text: 'B' },
      ]),
      'lmms.jsonl': jsonLines(
        rows.map(({ index, prediction }, doc_id) => ({ doc_id, doc: { index }, resps: [[prediction]] })),
      ),
    });
    await writeSheet([
      ['index', ...LETTERS, 'prediction'].map((value) => ({ value })),
      ...rows.map(({ index, prediction }) => [
        { value: index },
        ...LETTERS.map(() => null),
        { value: prediction },
      ]),
    ]).toFile(join(folder, 'answers.xlsx'));
    const truth = [join(folder, 'mmbench_dev.tsv')];
    const out = await mkdtemp(join(tmpdir(), 'fgam-saved-'));
    const saved = await mmbenchTask.savePredictions(
      truth,
      new Map(rows.map(({ index, prediction }) => [String(index), prediction])),
      out,
    );
    for (const file of [
      ...['answers.xlsx', 'llava.jsonl', 'lmms.jsonl'].map((name) => join(folder, name)),
      ...saved,
    ]) {
      const { n, metrics } = await score(folder, { truth, predictions: [file] });
      expect({ n, metrics }, file).toEqual({ n: 2, metrics: { circular: 0.5, vanilla: 0.5 } });
    }
    expect((await mmbenchTask.questions(truth))[1]).toEqual({
      ...{ id: '1000003', image: '3' },
      prompt:
        "Which one is it in picture 3?\nA. red cat\nB. blue dog\nAnswer with the option's letter from the given choices directly.",
    });
  });

  it('asks a judge only where nothing tells and the score hangs on it', async () => {
    const rows = [
      // Right by the judge under both.
      ...[row(1, 'A', 'a feline'), row(1000001, 'B', 'B')],
      // Wrong under the second rotation already: the judge is asked for the first row alone, which counts by itself.
      ...[row(2, 'A', 'some feline'), row(1000002, 'B', 'A'), row(2000002, 'A', 'a third feline')],
      // The judge does not know.
      row(5, 'B', 'hm'),
    ];
    const folder = await writeFiles({
      'mmbench_dev.tsv': truthTable(rows),
      'answers.tsv': answerTable(rows),
    });
    const asked: string[] = [];
    const judge: Judge = {
      name: 'test judge',
      judge: (requests) =>
        Promise.resolve(
          requests.map(({ prompt }) => {
            asked.push(/Answer: (.*)\nLetter: $/.exec(prompt)?.[1] ?? '');
            return prompt.includes('hm\n') ? 'I cannot tell' : 'A';
          }),
        ),
    };
    const without = await score(folder);
    expect(without.metrics).toEqual({ circular: 0, vanilla: 0 });
    expect(without.faults.unparsable).toEqual(['1', '2', '2000002', '5']);
    const result = await score(folder, { judge });
    expect(asked).toEqual(['a feline', 'some feline', 'hm']);
    expect([without.dialect, result.dialect]).toEqual(['official', 'fgam-judge']);
    await expect(score(folder, { judge, dialect: 'lmms-eval' })).rejects.toMatchObject({
      code: 'bench/bad-input',
    });
    const given = await score(folder, { judge, judgePrompt: '{} {}\nAnswer: {}\nLetter: ' });
    expect(given).toMatchObject({ dialect: 'official', metrics: result.metrics });
    asked.length = 3;
    expect(result.metrics).toEqual({ circular: 1 / 3, vanilla: 2 / 3 });
    const worth = (kind: 'circular' | 'vanilla') => result.rows?.[kind]?.map(({ value }) => value).sort();
    expect([worth('circular'), worth('vanilla')]).toEqual([
      [0, 0, 1],
      [0, 1, 1],
    ]);
    expect(result.faults.unparsable).toEqual(['2000002']);
    expect(result.notes.join('; ')).toContain('answers judged: 3');
  });

  it('names missing, duplicate and unknown rows, and refuses turned rows without their question', async () => {
    const rows = [row(1, 'A', 'A'), row(1000001, 'B', 'B'), row(2, 'A', 'A')];
    const folder = await writeFiles({
      'mmbench_dev.tsv': truthTable(rows),
      'answers.tsv': answerTable([row(1, 'A', 'A'), row(2, 'A', 'A'), row(2, 'A', 'A'), row(9, 'A', 'A')]),
      'turned.tsv': truthTable(rows.slice(1)),
      'hidden.tsv': truthTable([{ ...row(1, 'A', ''), answer: '' }]),
    });
    await expect(score(folder)).rejects.toThrow('1 missing (1000001); 1 duplicate (2); 1 unknown (9)');
    expect(await score(folder, { allowMissing: true })).toMatchObject({
      ...{ n: 2, missing: 2, metrics: { circular: 0, vanilla: 0.5 } },
    });
    for (const name of ['turned.tsv', 'hidden.tsv'])
      await expect(score(folder, { truth: [join(folder, name)] })).rejects.toMatchObject({
        code: 'bench/bad-truth',
      });
  });
});
