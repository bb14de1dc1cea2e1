import type { PaperLoop } from './loop-schema.js';
import { loopGroups, ROUND_HEAD, roundCells } from './loop-groups.js';
import type { PaperCell, PaperTable } from './paper-tables.js';

/** Types of question in their order; `all` is their sum. */
const TYPES = ['all', 'object', 'attribute', 'relation', 'reasoning', 'grounding', 'caption'] as const;

/** The table's id. */
export const CORRECTIONS_ID = 'corrections';

type Metrics = PaperLoop['rounds'][number]['metrics'];

/** Answers that rounds fixed and broke, by type. */
export function correctionsTable(loops: readonly PaperLoop[]): PaperTable {
  return {
    id: CORRECTIONS_ID,
    heading: 'Fixed and broken by rounds',
    notes: [
      'Fixed / broken: wrong first answers that are right after so many rounds, and right ones that are wrong; sums over seeds, sorted by their difference. The paper’s text has none of these.',
    ],
    grids: loopGroups(loops).flatMap(({ caption, loops: own }) => {
      const rows = own.flatMap(({ variant, rounds }) =>
        rounds.flatMap(({ round, metrics }) =>
          round === 0 || metrics['fixed.all'] === undefined
            ? []
            : [[...roundCells(variant, round), ...TYPES.map((type) => changeCell(metrics, type))]],
        ),
      );
      return rows.length === 0
        ? []
        : [{ caption, lead: ROUND_HEAD.length, head: [...ROUND_HEAD, ...TYPES], rows }];
    }),
  };
}

function changeCell(metrics: Metrics, type: (typeof TYPES)[number]): PaperCell {
  const [fixed, broken] = [sumOf(metrics[`fixed.${type}`]), sumOf(metrics[`broken.${type}`])];
  if (fixed === undefined || broken === undefined) return { text: '' };
  return { text: `${fixed} / ${broken}`, sort: fixed - broken };
}

function sumOf(value: Metrics[string] | undefined): number | undefined {
  return value?.seeds?.reduce((sum, each) => sum + each, 0);
}
