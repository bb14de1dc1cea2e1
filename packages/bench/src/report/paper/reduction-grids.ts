import type { ErrorType } from '../../taxonomy/error-claims.js';
import type { PaperLoop } from './loop-schema.js';
import { loopGroups } from './loop-groups.js';
import type { PaperGrid } from './paper-tables.js';
import { percent } from './percent.js';
import { isReported, REPORTED_REDUCTIONS } from './reported-values.js';
import { seedCell } from './seed-cell.js';

/** Errors as reproductions count them: of short answers, the paper's types first, and in captions. */
const TYPES: readonly {
  readonly heading: string;
  readonly reduction: string;
  readonly rate: string;
  readonly paper?: ErrorType;
}[] = [
  ...(['object', 'attribute', 'relation', 'reasoning'] as const).map((type) => ({
    ...{ heading: type, reduction: `reduction.${type}`, rate: `error.${type}`, paper: type },
  })),
  { heading: 'boxes', reduction: 'reduction.grounding', rate: 'error.grounding' },
  ...(['Object', 'Attribute', 'Relation'] as const).map((type) => ({
    heading: `${type.toLowerCase()}, in captions`,
    reduction: `reduction.caption${type}`,
    rate: `caption.${type.toLowerCase()}Hallucination`,
  })),
];

/**
 * Errors by type over seeds: how often the base makes them, and what of them each system is
 * without after all its rounds.
 */
export function reductionGrids(loops: readonly PaperLoop[]): PaperGrid[] {
  return loopGroups(loops).flatMap(({ caption, loops: own }): PaperGrid[] => {
    const base = own.find(({ roles }) => roles.includes('base'))?.rounds[0]?.metrics ?? {};
    const systems = own.flatMap(({ variant, rounds }) => {
      const last = rounds.at(-1);
      return last === undefined ? [] : [{ heading: `${variant}: reduction`, metrics: last.metrics }];
    });
    const types = TYPES.filter(({ reduction }) =>
      systems.some(({ metrics }) => metrics[reduction] !== undefined),
    );
    if (types.length === 0) return [];
    return [
      {
        caption,
        head: ['Error', 'base: rate', 'Paper: reduction', ...systems.map(({ heading }) => heading)],
        rows: types.map(({ heading, reduction, rate, paper }) => [
          { text: heading },
          seedCell(base[rate], (value) => value.toFixed(3)),
          paper === undefined || !own.every(({ family }) => isReported(family))
            ? { text: '' }
            : { text: percent(REPORTED_REDUCTIONS[paper], 0), sort: 100 * REPORTED_REDUCTIONS[paper] },
          ...systems.map(({ metrics }) => seedCell(metrics[reduction], (value) => percent(value / 100))),
        ]),
      },
    ];
  });
}
