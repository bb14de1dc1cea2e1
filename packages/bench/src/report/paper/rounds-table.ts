import { columnOf, formatNumber, HEADLINE_METRICS } from '../columns.js';
import type { PaperLoop } from './loop-schema.js';
import { loopGroups, ROUND_HEAD, roundCells } from './loop-groups.js';
import type { PaperTable } from './paper-tables.js';
import { seedCell } from './seed-cell.js';

/** The table's anchor. */
export const ROUNDS_ID = 'rounds';

/** Answers after each round, over seeds. */
export function roundsTable(loops: readonly PaperLoop[]): PaperTable {
  return {
    id: ROUNDS_ID,
    heading: 'Answers round by round',
    notes: [
      'Mean ± half the 95 % interval of the mean over seeds; ↓ less is better. 0 rounds: first answers, the same for all critics. The paper’s text has no values by round.',
    ],
    grids: loopGroups(loops).flatMap(({ caption, loops: own }) => {
      const columns = roundColumns(own);
      if (columns.length === 0) return [];
      return [
        {
          caption,
          lead: ROUND_HEAD.length,
          head: [
            ...ROUND_HEAD,
            ...columns.map(({ heading, better }) => heading + (better === 'lower' ? ' ↓' : '')),
          ],
          rows: own.flatMap(({ variant, rounds }) =>
            rounds.map(({ round, metrics }) => [
              ...roundCells(variant, round),
              ...columns.map(({ metric }) => seedCell(metrics[metric], (value) => formatNumber(value))),
            ]),
          ),
        },
      ];
    }),
  };
}

/** The headline metrics that some round has. */
export function roundColumns(loops: readonly PaperLoop[]): ReturnType<typeof columnOf>[] {
  const present = new Set(
    loops.flatMap(({ rounds }) => rounds.flatMap(({ metrics }) => Object.keys(metrics))),
  );
  return HEADLINE_METRICS.filter((metric) => present.has(metric)).map(columnOf);
}
