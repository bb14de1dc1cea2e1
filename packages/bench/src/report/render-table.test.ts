import { expect, test } from 'vitest';
import { renderTable } from './render-table.js';
import { emptyReport } from './sample-report.test-support.js';
import type { Report } from './schema.js';

const metric = (value: number | null, half = 0.05) => ({
  value,
  n: 40,
  interval: value === null ? null : ([value - half, value + half] as const),
});
const report: Report = {
  ...emptyReport,
  variants: [
    {
      name: 'base\u001b[2J\u202eline',
      description: '',
      steps: 10,
      metrics: { 'spatial.accuracy': metric(0.5), 'caption.objectHallucination': metric(0.2) },
      withLoop: { 'spatial.accuracy': metric(0.75, 0.125), 'caption.objectHallucination': metric(null) },
    },
    {
      name: 'full',
      description: '',
      steps: 10,
      metrics: { 'spatial.accuracy': metric(0.625), 'caption.objectHallucination': metric(0.1) },
    },
  ],
};
const linesOf = (table: string): string[] => table.split('\n').filter((line) => line.includes('│'));

test('has a row for each variant and loop, and marks the best of a column', () => {
  const cells = linesOf(renderTable(report)).map((line) => line.split('│').map((cell) => cell.trim()));
  expect(cells.slice(-3)).toEqual([
    ['', 'base [2J line', 'without', '0.500 ± 0.050', '0.200 ± 0.050', ''],
    ['', 'base [2J line', 'with', '0.750 ± 0.125 *', 'n/a', ''],
    ['', 'full', 'without', '0.625 ± 0.050', '0.100 ± 0.050 *', ''],
  ]);
  expect(cells[1]).toContain('objects (-)');
});

test('no character of a name reaches the terminal as a control', () => {
  expect(renderTable(report)).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
});

test('columns that do not fit continue below, within the width', () => {
  const narrow = renderTable(report, { width: 52 });
  expect(linesOf(narrow).filter((line) => line.includes('full'))).toHaveLength(2);
  expect(Math.max(...narrow.split('\n').map((line) => line.length))).toBeLessThanOrEqual(52);
  expect(linesOf(renderTable(report)).filter((line) => line.includes('full'))).toHaveLength(1);
});

test('a report of other benchmarks shows its own metrics; a share of yes answers has no best', () => {
  const metrics = { 'mme.score': metric(1480.2, 12), 'pope.yesRatio': metric(0.4) };
  const variants = ['a', 'b'].map((name) => ({ name, description: '', steps: 0, metrics }));
  const table = renderTable({ ...emptyReport, variants });
  expect(table).toContain('1480.2 ± 12.0 *');
  expect(table).toMatch(/0\.400 ± 0\.050 +│/);
});
