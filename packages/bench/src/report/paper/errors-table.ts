import type { PaperLoop } from './loop-schema.js';
import type { ErrorTaxonomy } from './paper-schema.js';
import type { PaperCell, PaperGrid, PaperTable } from './paper-tables.js';
import { percent } from './percent.js';
import { reductionGrids } from './reduction-grids.js';
import { REPORTED_REDUCTIONS, REPORTED_FAMILY } from './reported-values.js';

type Rate = ErrorTaxonomy['types'][number]['base'];

/** Table 3: rates of each type of error, and what of them is gone. */
export function errorsTable(taxonomies: readonly ErrorTaxonomy[], loops: readonly PaperLoop[]): PaperTable {
  const overSeeds = reductionGrids(loops);
  return {
    id: 'table-3',
    heading: 'Table 3: errors by type',
    notes: [
      ...(taxonomies.length === 0
        ? []
        : [
            'Rate: false claims of all claims of the type. Reduction: 1 - rate / rate of the base, with its 95 % interval by a bootstrap over images; an interval that holds 0 shows none.',
          ]),
      ...(overSeeds.length === 0
        ? []
        : [
            'Over seeds: after all rounds, the share of the errors of the base’s first answers of the same seed that is gone, mean ± half the 95 % interval of the mean; below 0 there are more errors.',
          ]),
      `"Paper" is the reduction that its text reports of ${REPORTED_FAMILY}; its rates are not in the text that we have.`,
    ],
    grids: [...taxonomies.map(taxonomyGrid), ...overSeeds],
  };
}

function taxonomyGrid({ source, base, full, images, types }: ErrorTaxonomy): PaperGrid {
  return {
    caption: `${source}, ${images} images`,
    head: ['Error', base, full, 'Reduction', '95 % interval', 'Paper: reduction'],
    rows: types.map(({ type, part, base: before, full: after, reduction, interval }) => [
      { text: part === undefined ? type : `${type}, in ${part}` },
      rateCell(before),
      rateCell(after),
      reduction === null ? { text: 'n/a' } : { text: percent(reduction), sort: reduction },
      interval === null
        ? { text: 'n/a' }
        : { text: interval.map((end) => percent(end)).join(' to '), sort: interval[0] },
      // The paper counts a type as a whole.
      part === undefined
        ? { text: percent(REPORTED_REDUCTIONS[type], 0), sort: REPORTED_REDUCTIONS[type] }
        : { text: '' },
    ]),
  };
}

function rateCell({ errors, claims, rate }: Rate): PaperCell {
  const small = `${errors} of ${claims}`;
  return rate === null ? { text: 'n/a', small } : { text: rate.toFixed(3), small, sort: rate };
}
