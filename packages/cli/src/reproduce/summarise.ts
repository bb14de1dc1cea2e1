import type { Report } from '@fgam/bench';
import { type Column, TASK_COLUMNS } from './columns.js';
import { formatSpread, type Spread, spread } from './spread.js';

/** A variant's metric over several seeds. */
export interface Summary extends Spread {
  readonly variant: string;
  /** The variant whose first answers these are, where it is another one. */
  readonly answersOf?: string;
  readonly loop: 'without' | 'with';
  readonly metric: string;
}

/** Headings of the table, and their metrics. */
const SHOWN: readonly Column[] = [
  ...TASK_COLUMNS,
  ['false objects (-)', 'caption.objectHallucination'],
  ['object recall', 'caption.objectRecall'],
];

/**
 * What a variant changes, seed by seed: its own training against the base, or a loop against the first
 * answers that it began with.
 */
export interface Difference extends Summary {
  readonly baseline: string;
}

/** Mean and interval of each shown metric of each variant over the reports of several seeds. */
export function summarise(reports: readonly Report[]): Summary[] {
  const [first] = reports;
  if (first === undefined) return [];
  return first.variants.flatMap(({ name, answersOf }) =>
    (['without', 'with'] as const).flatMap((loop) =>
      SHOWN.flatMap(([, metric]): Summary[] => {
        const values = reports.flatMap(({ variants }) => {
          const variant = variants.find((each) => each.name === name);
          const metrics = loop === 'with' ? variant?.withLoop : variant?.metrics;
          return metrics?.[metric]?.value ?? [];
        });
        // A metric that a seed lacks has no mean over seeds.
        if (values.length < reports.length) return [];
        const who = answersOf === undefined ? { variant: name } : { variant: name, answersOf };
        return [{ ...who, loop, metric, ...spread(values) }];
      }),
    ),
  );
}

/**
 * Differences within each seed: first answers of the trained variants less the base's, and answers after each
 * loop less the first ones. Seeds differ in scenes and base checkpoint, so that these have narrower intervals
 * than the values themselves.
 */
export function differences(summaries: readonly Summary[]): Difference[] {
  const find = (variant: string, loop: Summary['loop'], metric: string): Summary | undefined =>
    summaries.find((each) => each.variant === variant && each.loop === loop && each.metric === metric);
  const first = summaries[0]?.variant;
  return summaries.flatMap((summary): Difference[] => {
    const { variant, answersOf, loop, metric, values } = summary;
    if (loop === 'without' && (variant === first || answersOf !== undefined)) return [];
    const before = find(loop === 'with' ? variant : (first ?? ''), 'without', metric);
    if (before?.values.length !== values.length) return [];
    const changes = values.map((value, seed) => value - (before.values[seed] ?? Number.NaN));
    const baseline = loop === 'with' ? `${variant}, first answers` : (first ?? '');
    return [{ variant, loop, metric, baseline, ...spread(changes) }];
  });
}

/** Answers that a variant's loop fixed and broke, one entry a seed. */
export interface LoopCount {
  readonly variant: string;
  readonly fixed: readonly number[];
  readonly broken: readonly number[];
}

/** What the loops of several seeds' reports fixed and broke. */
export function countLoops(reports: readonly Report[]): LoopCount[] {
  return (reports[0]?.variants ?? []).map(({ name }) => {
    const totals = reports.flatMap(({ variants }) => {
      return variants.find((variant) => variant.name === name)?.accounting?.total.overall ?? [];
    });
    return {
      variant: name,
      fixed: totals.map(({ fixed }) => fixed),
      broken: totals.map(({ broken }) => broken),
    };
  });
}

/** Values, differences within seeds, and what the loops fixed and broke, as tables in Markdown. */
export function formatReproduction(reports: readonly Report[], seeds: readonly number[]): string {
  const summaries = summarise(reports);
  return [
    '# From random weights, over several seeds',
    '',
    `Made by \`fgam bench reproduce --seeds ${seeds.join(',')}\`: ${seeds.length} run(s), each with scenes, base checkpoint and variants of its`,
    'own. Mean ± half the 95 % interval of the mean over seeds (Student’s t); (-) less is better.',
    '',
    ...tableOf(summaries, formatSummary),
    '',
    '## What each variant changes within a seed',
    '',
    'First answers of a variant less the base’s of the same seed ("without"), and answers after a loop less the first ones ("with"). An',
    'interval that holds 0 shows no change.',
    '',
    ...tableOf(differences(summaries), formatChange),
    '',
    '## What the loops fixed and broke',
    '',
    'Answers, one number a seed; the oracle sees the truth.',
    '',
    '| variant | fixed | broken |',
    '| --- | --- | --- |',
    ...countLoops(reports).map(
      ({ variant, fixed, broken }) => `| ${variant} | ${fixed.join(', ')} | ${broken.join(', ')} |`,
    ),
    '',
  ].join('\n');
}

function tableOf(summaries: readonly Summary[], format: (summary: Summary | undefined) => string): string[] {
  const rows = new Map<string, Map<string, Summary>>();
  for (const summary of summaries) {
    const key = `${summary.variant} | ${summary.loop}`;
    rows.set(key, (rows.get(key) ?? new Map<string, Summary>()).set(summary.metric, summary));
  }
  const headings = SHOWN.map(([heading]) => heading);
  return [
    `| variant | loop | ${headings.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(headings.length)}`,
    ...[...rows].map(
      ([key, of]) => `| ${key} | ${SHOWN.map(([, metric]) => format(of.get(metric))).join(' | ')} |`,
    ),
  ];
}

function formatSummary(summary: Summary | undefined): string {
  return formatSpread(summary, 3);
}

/** With its sign; nothing where no answer of any seed changed. */
function formatChange(summary: Summary | undefined): string {
  if (summary === undefined) return 'n/a';
  if (summary.values.every((value) => value === 0)) return '0';
  return (summary.mean >= 0 ? '+' : '') + formatSummary(summary);
}
