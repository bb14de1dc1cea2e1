import { ERROR_TYPES } from '../../taxonomy/error-claims.js';
import type { PaperCritic } from './loop-schema.js';
import { captionOf, groupsOf } from './paper-groups.js';
import type { PaperCell, PaperTable } from './paper-tables.js';
import { halfOf, type PaperValue } from './paper-value.js';

const ORDER: readonly string[] = ['any', ...ERROR_TYPES];

/** How often critics are right about first answers. */
export function criticsTable(critics: readonly PaperCritic[]): PaperTable {
  return {
    id: 'critics',
    heading: 'Critics on first answers',
    notes: [
      'Precision / recall, means over the seeds that have one, with half their 95 % intervals beneath (–: one seed alone), sorted by precision: of the answers that a critic refuses, the share that is wrong, and of the wrong ones, the share that it refuses, by type of error. With thresholds: as its loop uses it. n/a: it refused none, or none was wrong. Last, the answers of all seeds behind them: 30 of 50 / of 90 are 30 that were wrong and refused, of 50 refused and of 90 wrong. The paper’s text has none of these.',
    ],
    grids: groupsOf(critics).map(({ terms, members }) => {
      const types = typesOf(members);
      return {
        caption: captionOf({ ...terms, seeds: Math.max(...members.map(({ seeds }) => seeds.length)) }),
        head: ['System', ...types],
        rows: members.map(({ variant, isCalibrated, types: own }) => [
          { text: variant, small: isCalibrated ? 'with thresholds' : 'without thresholds' },
          ...types.map((type) => typeCell(own.find((each) => each.type === type))),
        ]),
      };
    }),
  };
}

/** Every type once, those of the paper in its order. */
function typesOf(critics: readonly PaperCritic[]): string[] {
  const found = new Set(critics.flatMap(({ types }) => types.map(({ type }) => type)));
  const known = ORDER.filter((type) => found.has(type));
  return [...known, ...[...found].filter((type) => !known.includes(type))];
}

function typeCell(found: PaperCritic['types'][number] | undefined): PaperCell {
  if (found === undefined) return { text: '' };
  const pair = [found.precision, found.recall];
  const text = pair.map((share) => places(share?.value)).join(' / ');
  const halves = pair.map((share: PaperValue | undefined) => share && halfOf(share));
  const spread = halves.every((half) => half === undefined)
    ? []
    : [`\u00b1 ${halves.map((half) => half?.toFixed(2) ?? '–').join(' / ')}`];
  const { both, refused, wrong } = found;
  return {
    text,
    small: [...spread, `${both} of ${refused} / of ${wrong}`].join('; '),
    ...(typeof found.precision?.value === 'number' ? { sort: found.precision.value } : {}),
  };
}

function places(share: number | null | undefined): string {
  return typeof share === 'number' ? share.toFixed(2) : 'n/a';
}
