import { expect, test } from 'vitest';
import { emptyReport, sampleLoop } from '../sample-report.test-support.js';
import { parseReport } from '../schema.js';
import type { PaperRole } from './paper-roles.js';
import { parsePaperData, type PaperRow } from './paper-schema.js';
import { paperTables } from './paper-tables.js';
import { renderPaper } from './render-paper.js';

const row = (
  variant: string,
  roles: readonly PaperRole[],
  metrics: PaperRow['metrics'],
  family = 'LLaVA',
) => ({
  ...{ family, variant, roles, metrics },
});
const pope = (value: number | null, more: object = {}) => ({ 'pope.f1': { value, n: 10, ...more } });
const idsOf = (rows: readonly PaperRow[]) => paperTables({ rows }).map(({ id }) => id);
const textsOf = (rows: readonly PaperRow[], id: string) =>
  paperTables({ rows })
    .find((table) => table.id === id)
    ?.grids.map(({ rows: lines }) => lines.map((line) => line.map(({ text }) => text)));

test('a table is there where its rows are: one of Table 1, two of the others', () => {
  expect(paperTables({})).toEqual([]);
  expect(idsOf([row('base', ['base'], pope(0.8))])).toEqual(['table-1']);
  expect(idsOf([row('base', ['base'], pope(0.8)), row('full', ['full'], pope(0.9))])).toEqual([
    'table-1',
    'table-2',
  ]);
  expect(idsOf([row('a', ['without-stage-1'], pope(0.8)), row('b', ['rtcl'], pope(0.9))])).toEqual([
    'figure-1',
  ]);
  // A family alone is not held against another one.
  expect(idsOf([row('a', ['sft'], pope(0.8)), row('b', ['ppo'], pope(0.9), 'MiniGPT-4')])).toEqual([]);
  expect(idsOf([row('a', ['sft'], pope(0.8)), row('b', ['ppo'], pope(0.9))])).toEqual(['figure-2']);
  // Rows without a metric of the paper, or of general ability alone, make no ablation.
  const general = { 'mm-vet.total': { value: 31, n: 10 } };
  expect(idsOf([row('a', ['base'], general), row('b', ['full'], general)])).toEqual(['table-1']);
});

test('what rounds broke and fixed comes before all other tables, in Markdown too', () => {
  const paper = {
    rows: [row('base', ['base'], pope(0.8)), row('full', ['full'], pope(0.9))],
    loops: [sampleLoop('full', ['full'], 'module', 30)],
  };
  expect(paperTables(paper).map(({ id }) => id)).toEqual([
    ...['corrections', 'table-1', 'table-2', 'rounds', 'table-3', 'table-4'],
  ]);
  expect(renderPaper({ paper }, { format: 'markdown' })).toMatch(/^## Fixed and broken by rounds\n/);
});

test('ours in the unit that is named, the best marked, the paper beside it where its text has a value', () => {
  const rows = [
    row('base', ['base'], { ...pope(0.8541), 'mmhal-bench.score': { value: 2.1, n: 96 } }),
    row('full', ['full'], {
      ...pope(0.8712, { half: 0.0149, seeds: [0.86, 0.88] }),
      'mmhal-bench.hallucinationRate': { value: 0.45, n: 96, interval: [0.4, 0.5] },
    }),
  ];
  expect(textsOf(rows, 'table-1')).toEqual([
    [
      ['MMHal-Bench, score', '2.10', '2.13', '', '2.25'],
      ['MMHal-Bench, hallucination rate ↓', '', '0.50', '0.450', '0.46'],
      ['POPE, F1 (random)', '85.4', '', '87.1', '+1.64'],
    ],
  ]);
  const [table] = paperTables({ rows });
  const [, rate, line] = table?.grids[0]?.rows ?? [];
  expect(line?.[3]).toEqual({ text: '87.1', small: '± 1.5', sort: 87.12, isBest: true });
  expect(rate?.[3]).toEqual({ text: '0.450', small: '± 0.050', sort: 0.45 });
  expect(table?.notes.join()).toContain('mean over seeds');
  // Of another family the paper's text has nothing.
  const others = rows.map((each) => ({ ...each, family: 'MiniGPT-4' }));
  expect(
    textsOf(others, 'table-1')?.[0]
      ?.map((cells) => [cells[2], cells[4]])
      .flat(),
  ).toEqual(Array(6).fill(''));
});

test('lower is better where it is; equal values share the mark; nothing to divide by is n/a', () => {
  const rate = (value: number | null) => ({ 'mmhal-bench.hallucinationRate': { value, n: 96 } });
  const rows = [
    row('base', ['base'], rate(0.5)),
    row('hacl', ['hacl'], rate(0.4)),
    row('full', ['full'], rate(0.4)),
  ];
  const marks = (of: readonly PaperRow[]) =>
    paperTables({ rows: of })[0]?.grids[0]?.rows[0]?.map(({ isBest = false }) => isBest);
  expect(marks(rows)).toEqual([false, false, false, true, false, true, false]);
  const [none] =
    textsOf([row('base', ['base'], rate(null)), row('full', ['full'], rate(0.4))], 'table-1')?.[0] ?? [];
  expect(none?.[1]).toBe('n/a');
});

test('rows of more rounds are columns of their own; where there is one, a note has them', () => {
  const rows = [0, 1, 2].map((rounds) => ({ ...row('full', ['full'], pope(0.8)), rounds }));
  expect(paperTables({ rows })[0]?.grids[0]?.head).toEqual([
    ...['Benchmark', 'full, 0 rounds', 'Paper: full, 0 rounds', 'full, 1 round', 'Paper: full, 1 round'],
    ...['full, 2 rounds', 'Paper: full, 2 rounds'],
  ]);
  const [, notes] = [rows, [{ ...row('base', ['base'], pope(0.7)), rounds: 0 }, ...rows.slice(2)]].map(
    (given) => paperTables({ rows: given })[0]?.notes.join(' ') ?? '',
  );
  expect(notes).toContain('Revisions at most: full: 2; the others are first answers.');
});

test('text folds at its width and moves no cursor; Markdown has cells that a name does not end', () => {
  const rows = [row('ba|se\u001b[2J', ['base'], pope(0.8)), row('<b>full</b>', ['full'], pope(0.9))];
  const report = { ...emptyReport, paper: { rows } };
  const text = renderPaper(report, { width: 60 });
  expect(
    Math.max(
      ...text
        .split('\n')
        .filter((line) => line.includes('│'))
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(60);
  expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(text).toContain('90.0 *');
  const markdown = renderPaper(report, { format: 'markdown' });
  expect(markdown).toContain(
    String.raw`| Benchmark | ba\|se \[2J | Paper: ba\|se \[2J | \<b\>full\</b\> | Paper: \<b\>full\</b\> |`,
  );
  expect(markdown).toContain(String.raw`| POPE, F1 (random) (percent) | 80.0 |  | 90.0 \* | +1.64 |`);
  expect(renderPaper(emptyReport)).toBe('');
});

test('a report from before is read; faults of the new parts are named with their place', () => {
  expect(parseReport(emptyReport)).not.toHaveProperty('paper');
  const bad = {
    rows: [{ family: '', variant: 'a', roles: ['best'], metrics: { x: { value: 1, n: 1, half: -1 } } }],
  };
  for (const read of [() => parsePaperData(bad), () => parseReport({ ...emptyReport, paper: bad })])
    expect(read).toThrow(/rows\.0\.family.*rows\.0\.roles\.0.*rows\.0\.metrics\.x\.half/s);
});
