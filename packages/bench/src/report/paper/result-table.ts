import { PAPER_METRICS, type PaperMetric } from './paper-metrics.js';
import type { PaperRole } from './paper-roles.js';
import { captionOf, groupsOf } from './paper-groups.js';
import type { PaperRow } from './paper-schema.js';
import type { PaperCell, PaperGrid, PaperTable } from './paper-tables.js';
import { halfOf, type PaperValue } from './paper-value.js';
import { isReported, type Reported, reportedResult, REPORTED_FAMILY } from './reported-values.js';

/** A table or figure of results by variant. */
export interface ResultTable {
  readonly id: string;
  readonly heading: string;
  /** Its rows in the paper: here columns, as there are more benchmarks than variants. */
  readonly roles: readonly PaperRole[];
  /** Whether it has general benchmarks too. */
  readonly hasGeneral: boolean;
  readonly isFigure: boolean;
}

/** Tables 1 and 2, Figures 1 and 2. */
export const RESULT_TABLES: readonly ResultTable[] = [
  {
    ...{ id: 'table-1', heading: 'Table 1: main results', hasGeneral: true, isFigure: false },
    roles: ['base', 'hacl', 'full', 'other'],
  },
  {
    ...{ id: 'table-2', heading: 'Table 2: ablation of the stages', hasGeneral: false, isFigure: false },
    roles: ['base', 'without-stage-1', 'without-stage-2', 'full'],
  },
  {
    ...{
      id: 'figure-1',
      heading: 'Figure 1: stage-1 components over stage 2',
      hasGeneral: false,
      isFigure: true,
    },
    roles: ['without-stage-1', 'rtcl', 'scc', 'full'],
  },
  {
    ...{ id: 'figure-2', heading: 'Figure 2: strategies of stage 2', hasGeneral: false, isFigure: true },
    roles: ['without-stage-2', 'sft', 'ppo', 'hybrid'],
  },
];

/** A row in one of its roles: a column of the table. */
export interface RoleColumn {
  readonly role: PaperRole;
  readonly row: PaperRow;
  readonly heading: string;
}

/** A metric of a family with what is shown of it: ours as it is shown, and the paper's. */
export interface ResultLine {
  readonly metric: PaperMetric;
  readonly cells: readonly {
    readonly column: RoleColumn;
    readonly value: PaperValue | undefined;
    readonly reported: Reported | undefined;
  }[];
}

/** The results of one family, by one critic and of one scale where rows have these, in a table. */
export interface FamilyResults {
  readonly caption: string;
  readonly columns: readonly RoleColumn[];
  readonly lines: readonly ResultLine[];
}

/** What the roles are in words, where the variant's own name does not say it. */
const ROLE_NAMES: Readonly<Partial<Record<string, Readonly<Partial<Record<PaperRole, string>>>>>> = {
  'table-2': { 'without-stage-1': 'without stage 1', 'without-stage-2': 'without stage 2' },
  'figure-1': { 'without-stage-1': 'neither', rtcl: 'RTCL', scc: 'SCC', full: 'both' },
  'figure-2': { 'without-stage-2': 'stage 1 only', sft: 'SFT', ppo: 'RL', hybrid: 'hybrid' },
};

/**
 * The results of each family that has two or more of a table's rows (of Table 1 one is enough):
 * one alone is no ablation.
 */
export function familyResults(
  { id, roles, hasGeneral }: ResultTable,
  rows: readonly PaperRow[],
): FamilyResults[] {
  const metrics = PAPER_METRICS.filter(({ isFineGrained }) => hasGeneral || isFineGrained);
  return groupsOf(rows).flatMap(({ terms, members }): FamilyResults[] => {
    const columns = roles.flatMap((role) => {
      const own = members.filter((row) => row.roles.includes(role));
      return own.map((row): RoleColumn => {
        const name = ROLE_NAMES[id]?.[role] ?? row.variant;
        return { role, row, heading: own.length > 1 ? `${name}${inRounds(row.rounds)}` : name };
      });
    });
    if (columns.length < (hasGeneral ? 1 : 2)) return [];
    const lines = metrics.flatMap((metric): ResultLine[] => {
      const cells = columns.map((column) => ({
        column,
        value: scaled(column.row.metrics[metric.metric], metric.scale),
        // The text has values of one family.
        reported: isReported(terms.family) ? reportedResult(column.role, metric.reported) : undefined,
      }));
      return cells.some(({ value }) => typeof value?.value === 'number') ? [{ metric, cells }] : [];
    });
    if (lines.length === 0) return [];
    const seeds = seedsOf(columns);
    return [{ caption: captionOf({ ...terms, ...(seeds === 0 ? {} : { seeds }) }), columns, lines }];
  });
}

/** Of rows over several seeds, how many; 0 where none says it. */
function seedsOf(columns: readonly RoleColumn[]): number {
  const counts = columns.flatMap(({ row }) =>
    Object.values(row.metrics).map(({ seeds = [] }) => seeds.length),
  );
  return Math.max(0, ...counts);
}

/** A table or figure of results with a column of ours and one of the paper's for each of its rows. */
export function resultTable(table: ResultTable, rows: readonly PaperRow[]): PaperTable {
  const families = familyResults(table, rows);
  const shown = families.flatMap(({ lines }) => lines.map(({ metric }) => metric));
  return {
    id: table.id,
    heading: table.heading,
    notes: [
      `"Paper" is what its text reports of ${REPORTED_FAMILY}; +x is a gain over its base where it tells no value. The cells of its tables are not in the text that we have: what it does not tell is empty.`,
      spreadNote(families),
      ...roundsNote(families),
      ...rowNotes(families),
      ...(shown.some(({ standsInFor }) => standsInFor !== undefined)
        ? [
            "Scenes stand in for the paper's benchmarks, with small models: compare which way a value goes, not how high it is.",
          ]
        : []),
      ...(shown.some(({ metric }) => metric.startsWith('gvqa.'))
        ? ['There is no public benchmark of the name GVQA: the rule is this project’s.']
        : []),
    ],
    grids: families.map(gridOf),
  };
}

function gridOf({ caption, columns, lines }: FamilyResults): PaperGrid {
  return {
    caption,
    head: ['Benchmark', ...columns.flatMap(({ heading }) => [heading, `Paper: ${heading}`])],
    rows: lines.map(({ metric, cells }) => {
      const values = cells.flatMap(({ value }) =>
        typeof value?.value === 'number' ? [Number(formatPaperNumber(value.value, metric))] : [],
      );
      const best = metric.better === 'lower' ? Math.min(...values) : Math.max(...values);
      return [
        {
          text: metric.heading + (metric.better === 'lower' ? ' ↓' : ''),
          small: metric.unit + (metric.standsInFor === undefined ? '' : `; for ${metric.standsInFor}`),
        },
        ...cells.flatMap(({ value, reported }) => [
          valueCell(value, metric, values.length > 1 ? best : undefined),
          reportedCell(reported, metric),
        ]),
      ];
    }),
  };
}

function inRounds(rounds = 0): string {
  return `, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
}

/** What stands behind ±: a report may have single runs beside means over seeds. */
function spreadNote(families: readonly FamilyResults[]): string {
  const several = families.filter(({ columns }) => seedsOf(columns) > 1).length;
  const ofSeeds = 'half the 95 % interval of the mean over seeds';
  const ofItems = 'half the width of its 95 % interval over images or questions';
  if (several === 0) return `Value ± ${ofItems}.`;
  if (several === families.length) return `Value ± ${ofSeeds}.`;
  return `Value ± ${ofSeeds} where a caption names several, else ± ${ofItems}.`;
}

/** Which columns have revisions, where their headings do not say it. */
function roundsNote(families: readonly FamilyResults[]): string[] {
  const columns = families.flatMap((family) => family.columns);
  const revised = columns.filter(
    ({ row: { rounds = 0 }, heading }) => rounds > 0 && !heading.endsWith(inRounds(rounds)),
  );
  const parts = new Set(revised.map(({ heading, row: { rounds = 0 } }) => `${heading}: ${rounds}`));
  return parts.size === 0
    ? []
    : [`Revisions at most: ${[...parts].join(', ')}; the others are first answers.`];
}

function rowNotes(families: readonly FamilyResults[]): string[] {
  const names = new Set(families.flatMap(({ columns }) => columns.map(({ row }) => row.family)));
  const notes = families.flatMap(({ columns }) =>
    columns.flatMap(({ heading, row: { family, note } }) =>
      note === undefined ? [] : [`${names.size > 1 ? `${family}, ` : ''}${heading}: ${note}.`],
    ),
  );
  return [...new Set(notes)];
}

function scaled(value: PaperValue | undefined, scale: number): PaperValue | undefined {
  if (value === undefined) return undefined;
  const { interval, half, seeds } = value;
  return {
    ...value,
    value: value.value === null ? null : value.value * scale,
    ...(interval ? { interval: [interval[0] * scale, interval[1] * scale] as const } : {}),
    ...(half === undefined ? {} : { half: half * scale }),
    ...(seeds === undefined ? {} : { seeds: seeds.map((seed) => seed * scale) }),
  };
}

/** Shares and scores of 0 to 6 with three and two places, percent with one. */
export function formatPaperNumber(value: number, { unit }: Pick<PaperMetric, 'unit'>): string {
  return value.toFixed(unit === 'share' ? 3 : unit === '0 to 6' ? 2 : 1);
}

function valueCell(value: PaperValue | undefined, metric: PaperMetric, best: number | undefined): PaperCell {
  if (value === undefined) return { text: '' };
  if (value.value === null) return { text: 'n/a' };
  const half = halfOf(value);
  const text = formatPaperNumber(value.value, metric);
  return {
    text,
    sort: value.value,
    ...(half === undefined ? {} : { small: `± ${formatPaperNumber(half, metric)}` }),
    ...(Number(text) === best ? { isBest: true } : {}),
  };
}

/** As the paper writes it: two places, a difference with its sign. */
function reportedCell(reported: Reported | undefined, { unit }: PaperMetric): PaperCell {
  if (reported === undefined) return { text: '' };
  const places = (value: number): string => (unit === 'percent' ? String(value) : value.toFixed(2));
  if ('value' in reported) return { text: places(reported.value), sort: reported.value };
  return { text: `+${places(reported.difference)}`, sort: reported.difference };
}
