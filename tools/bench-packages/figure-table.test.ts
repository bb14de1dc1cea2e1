import { expect, test } from 'vitest';
import { type Figure, type FigureKind, figureOf } from './figure.js';
import { figureTable } from './figure-table.js';
import { joinPasses } from './join-passes.js';

const time: FigureKind = { unit: 'ms', better: 'lower' };

/** Cells of a table's line that begins with a name. */
function cellsOf(table: string, name: string): string[] {
  const line = table.split('\n').find((each) => each.includes(name)) ?? '';
  return line
    .split('│')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

test('times are shown in the unit that their median has at least one of, other units as they are', () => {
  const figures = [
    figureOf('seconds', [1500, 2000, 4000], time),
    figureOf('millis', [2.5], time, [1.25]),
    figureOf('micros', [0.001_234_5], { ...time, per: 'text' }),
    figureOf('nanos', [0.000_05], time),
    figureOf('size', [3_120_000], { unit: 'bytes', better: 'lower' }),
    { name: 'other', absent: 'no kernel' },
  ];
  const table = figureTable([{ figures: joinPasses([figures]) }]);
  expect(cellsOf(table, 'seconds')).toEqual(['seconds', '2 s', '1.75 to 3', '', '3']);
  expect(cellsOf(table, 'millis')).toEqual(['millis', '2.5 ms', '2.5 to 2.5', '1.25', '1']);
  expect(cellsOf(table, 'micros')).toEqual(['micros', '1.23 µs/text', '1.23 to 1.23', '', '1']);
  expect(cellsOf(table, 'nanos')).toEqual(['nanos', '50 ns', '50 to 50', '', '1']);
  expect(cellsOf(table, 'size')).toEqual(['size', '3120000 bytes', '3120000 to 3120000', '', '1']);
  expect(cellsOf(table, 'other')).toEqual(['other', 'n/a', 'no kernel', '', '']);
});

test('beside an earlier run each figure has a ratio to that of its own package', () => {
  const twice = (...figures: Figure[]) => joinPasses([figures, figures]);
  const now = [
    { package: 'a', figures: twice(figureOf('work', [10], time), figureOf('fresh', [1], time)) },
    { package: 'b', figures: twice(figureOf('work', [10], time)), fault: undefined },
    { package: 'c', figures: [], fault: 'ended with 1: Error: no' },
  ];
  const before = [
    { package: 'b', figures: twice(figureOf('work', [20], time)) },
    { package: 'a', figures: twice(figureOf('work', [8], time)) },
  ];
  const lines = figureTable(now, before).split('\n');
  expect(cellsOf(lines.join('\n'), 'a ')).toEqual([
    'a',
    'work',
    '10 ms',
    '10 to 10',
    '',
    '2',
    '1.25',
    'worse',
  ]);
  expect(cellsOf(lines.join('\n'), 'fresh').slice(-2)).toEqual(['', 'new']);
  expect(cellsOf(lines.filter((line) => line.includes('│ b')).join(), 'work').slice(-2)).toEqual([
    ...['0.50', 'better'],
  ]);
  expect(cellsOf(lines.join('\n'), '│ c')[1]).toBe('FAILED: ended with 1: Error: no');
});
