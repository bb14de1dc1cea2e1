import { seesTruth } from '../quickstart/critics.js';
import type { Family } from '../recipes/families.js';
import type { CriticResult, PaperResult } from './collect-results.js';
import { type Column, TASK_COLUMNS } from './columns.js';
import { ERROR_TYPES } from './error-types.js';
import { type PaperTable, rowsOf, TABLE_TITLES } from './paper-rows.js';
import { formatSpread, type Spread } from './spread.js';

/** What {@link paperText} prints. */
export interface PaperTextOptions {
  readonly rows: readonly PaperResult[];
  readonly critics: readonly CriticResult[];
  readonly tables: readonly PaperTable[];
  /** How it was made, a line each. */
  readonly notes: readonly string[];
}

const ACCURACY: readonly Column[] = [
  ...TASK_COLUMNS,
  ['false objects (-)', 'caption.objectHallucination'],
  ['false attributes (-)', 'caption.attributeHallucination'],
  ['false places (-)', 'caption.relationHallucination'],
  ['object recall', 'caption.objectRecall'],
  ['yes-ratio', 'existence.yesRatio'],
];
const REDUCTION: readonly Column[] = [
  ['object', 'reduction.object'],
  ['attribute', 'reduction.attribute'],
  ['relation', 'reduction.relation'],
  ['reasoning', 'reduction.reasoning'],
  ['grounding', 'reduction.grounding'],
  ['caption: object', 'reduction.captionObject'],
  ['caption: attribute', 'reduction.captionAttribute'],
  ['caption: relation', 'reduction.captionRelation'],
];
const CHANGED = [...ERROR_TYPES, 'caption'];
const TYPES = [
  'any',
  ...ERROR_TYPES,
  'caption object',
  'caption attribute',
  'caption relation',
  'caption omission',
];

/** A reproduction as tables in Markdown, named after the paper's. */
export function paperText({ rows, critics, tables, notes }: PaperTextOptions): string {
  const families = [...new Set(rows.map(({ family }) => family))];
  return [
    '# The paper’s tables on embedded scenes',
    '',
    ...notes,
    '',
    'Mean ± half the 95 % interval of the mean over seeds (Student’s t); (-) less is better. Rounds 0 are first answers, the same for all critics;',
    'numbers of rounds with the same figures share a line.',
    'Reductions are percent of the errors of the base’s first answers of the same seed; below 0 there are more. Fixed and broken are sums over',
    'seeds, against first answers. Latency is the time of first answers and rounds over that of first answers, many questions at a time.',
    '',
    ...families.flatMap((family) => [
      ...tables.flatMap((table) => tableText(family, table, rows)),
      ...boundsText(
        family,
        rows.filter((row) => row.family === family),
      ),
      ...criticsText(family, critics),
    ]),
  ].join('\n');
}

/** Nothing where a family has not all of its rows. */
function tableText(family: Family, table: PaperTable, all: readonly PaperResult[]): string[] {
  const names = rowsOf([table]).map(({ variant }) => variant.name);
  if (!names.every((name) => all.some((row) => row.family === family && row.variant === name))) return [];
  const shown = names.flatMap((name) => {
    const own = all.filter((row) => row.family === family && row.variant === name);
    const results = own.filter(({ critic, rounds }) => rounds > 0 && !seesTruth(critic));
    return [...own.filter(({ rounds }) => rounds === 0).slice(0, 1), ...results];
  });
  return [
    `## ${TABLE_TITLES[table]} (${family})`,
    '',
    // A right answer that became wrong is the first thing that is told.
    'Fixed / broken:',
    '',
    ...changedLines(shown.filter(({ rounds }) => rounds > 0)),
    '',
    ...lines(shown, ACCURACY, (spread) => formatSpread(spread, 3)),
    '',
    'Errors reduced, percent:',
    '',
    ...lines(shown, REDUCTION, (spread) => formatSpread(spread, 1)),
    '',
  ];
}

function boundsText(family: Family, all: readonly PaperResult[]): string[] {
  const last = Math.max(...all.map(({ rounds }) => rounds));
  const shown = all.filter(({ rounds, critic }) => rounds === last && rounds > 0 && seesTruth(critic));
  if (shown.length === 0) return [];
  return [
    `## Bounds (${family})`,
    '',
    'The oracle sees the truth: what perfect feedback could do. Shuffled: its verdicts with feedback on other questions of the kind; what is mended by it is mended without',
    'the feedback being understood.',
    '',
    ...lines(shown, ACCURACY, (spread) => formatSpread(spread, 3)),
    '',
    ...lines(shown, REDUCTION, (spread) => formatSpread(spread, 1)),
    '',
    ...changedLines(shown),
    '',
  ];
}

function criticsText(family: Family, all: readonly CriticResult[]): string[] {
  const own = all.filter((result) => result.family === family);
  if (own.length === 0) return [];
  const keys = [...new Set(own.map(keyOfCritic))];
  const types = TYPES.filter((type) => own.some((result) => result.type === type));
  return [
    `## Critics on first answers: precision / recall by type of error (${family})`,
    '',
    'Of the answers that a critic refuses, the share that is wrong, and of the wrong ones, the share that it refuses. With thresholds: as its loop uses it.',
    '',
    ...header(['row', 'critic', 'thresholds', ...types]),
    ...keys.map((key) => {
      const results = own.filter((result) => keyOfCritic(result) === key);
      const cells = types.map((type) => {
        const found = results.find((result) => result.type === type);
        return found === undefined
          ? 'n/a'
          : `${formatSpread(found.precision, 2)} / ${formatSpread(found.recall, 2)}`;
      });
      const [{ variant, critic, isCalibrated } = { variant: '', critic: '', isCalibrated: false }] = results;
      return line([variant, critic, isCalibrated ? 'with' : 'without', ...cells]);
    }),
    '',
  ];
}

function keyOfCritic({ variant, critic, isCalibrated }: CriticResult): string {
  return JSON.stringify([variant, critic, isCalibrated]);
}

function lines(
  rows: readonly PaperResult[],
  columns: readonly Column[],
  cell: (spread: Spread | undefined) => string,
): string[] {
  return [
    ...header(['row', 'critic', 'rounds', ...columns.map(([heading]) => heading)]),
    ...roundLines(rows, ({ metrics }) => columns.map(([, metric]) => cell(metrics[metric]))),
  ];
}

function changedLines(rows: readonly PaperResult[]): string[] {
  const sum = (spread: Spread | undefined): string =>
    spread === undefined ? 'n/a' : String(spread.values.reduce((total, value) => total + value, 0));
  return [
    ...header(['row', 'critic', 'rounds', 'all', ...CHANGED, 'latency']),
    ...roundLines(rows, ({ metrics }) => [
      ...['all', ...CHANGED].map(
        (type) => `${sum(metrics[`fixed.${type}`])} / ${sum(metrics[`broken.${type}`])}`,
      ),
      formatSpread(metrics['latency'], 2),
    ]),
  ];
}

/** A line for each row, critic and number of rounds; those of more rounds that look the same share one. */
function roundLines(
  rows: readonly PaperResult[],
  cellsOf: (row: PaperResult) => readonly string[],
): string[] {
  const shown: { readonly row: PaperResult; readonly cells: string; last: number }[] = [];
  for (const row of rows) {
    const cells = cellsOf(row).join(' | ');
    const before = shown.at(-1);
    const isSame =
      before?.cells === cells && before.row.variant === row.variant && before.row.critic === row.critic;
    if (isSame && before.last > 0) before.last = row.rounds;
    else shown.push({ row, cells, last: row.rounds });
  }
  return shown.map(({ row: { variant, critic, rounds }, cells, last }) =>
    line([
      variant,
      rounds === 0 ? '' : critic,
      rounds === last ? `${rounds}` : `${rounds} to ${last}`,
      cells,
    ]),
  );
}

function header(headings: readonly string[]): string[] {
  return [line(headings), line(headings.map(() => '---'))];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
