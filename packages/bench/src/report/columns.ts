import { BENCHMARK_METRICS } from './paper/paper-metrics.js';
import type { Report, ReportMetric, ReportVariant } from './schema.js';

/** A column of a report's tables. */
export interface Column {
  /** Key in `metrics`. */
  readonly metric: string;
  readonly heading: string;
  readonly better: 'higher' | 'lower' | 'neither';
}

/** The headline numbers of scenes and benchmarks, in the order of the columns. */
const HEADLINES: readonly (readonly [metric: string, heading: string])[] = [
  ['existence.f1', 'Existence F1'],
  ['existence.accuracy', 'Existence accuracy'],
  ['spatial.accuracy', 'Spatial accuracy'],
  ['grounding.precisionAt50', 'Grounding P@0.5'],
  ['attribute.accuracy', 'Attribute accuracy'],
  ['reasoning.accuracy', 'Reasoning accuracy'],
  ['location.accuracy', 'Location accuracy'],
  ['caption.objectRecall', 'Object recall'],
  ['caption.objectHallucination', 'False objects'],
  ['caption.attributeHallucination', 'False attributes'],
  ['caption.relationHallucination', 'False places'],
  ...BENCHMARK_METRICS.map(({ metric, heading }) => [metric, heading] as const),
];

/** The headline metrics in their order. */
export const HEADLINE_METRICS = HEADLINES.map(([metric]) => metric);

/** The columns of a report: the headline numbers that some variant has; all its metrics where it has none of these. */
export function columnsOf(report: Report): Column[] {
  const present = metricNames(report);
  const headlines = HEADLINE_METRICS.filter((metric) => present.includes(metric));
  return (headlines.length > 0 ? headlines : present).map(columnOf);
}

/** Every metric that some row has. */
export function metricNames(report: Report): string[] {
  return [...new Set(rowsOf(report).flatMap(({ metrics }) => Object.keys(metrics)))];
}

/** A metric as a column: its heading, and which way is better. */
export function columnOf(metric: string): Column {
  const [, heading = metric] = HEADLINES.find(([name]) => name === metric) ?? [];
  return { metric, heading, better: betterOf(metric) };
}

/** Metrics of which less is better, whose names do not say so. */
const LOWER = new Set(['amber.hal', 'amber.cog', 'gqa.distribution']);

function betterOf(metric: string): Column['better'] {
  // A share of yes answers is right where the truth's is, which is neither end.
  if (/yesRatio$/.test(metric)) return 'neither';
  return /hallucination|error|chair/i.test(metric) || LOWER.has(metric) ? 'lower' : 'higher';
}

/** A row of a report's tables: one variant's answers, before or after the loop. */
export interface Row {
  readonly variant: ReportVariant;
  readonly loop: 'without loop' | 'with loop';
  readonly metrics: Readonly<Record<string, ReportMetric>>;
}

/** Each variant without the loop, then with it where that was run. */
export function rowsOf(report: Report): Row[] {
  return report.variants.flatMap((variant): Row[] => [
    { variant, loop: 'without loop', metrics: variant.metrics },
    ...(variant.withLoop ? [{ variant, loop: 'with loop' as const, metrics: variant.withLoop }] : []),
  ]);
}

/** A metric as `0.812 ± 0.021`: half the interval's width beside the value; `n/a` where there is no number. */
export function formatMetric(metric: ReportMetric | undefined): string {
  return [formatValue(metric), ...formatHalf(metric)].join(' ');
}

/** A metric's value alone. */
export function formatValue(metric: ReportMetric | undefined): string {
  return typeof metric?.value === 'number' ? formatNumber(metric.value) : 'n/a';
}

/** Half the width of a metric's interval, as `± 0.021`; none where there is no interval. */
export function formatHalf(metric: ReportMetric | undefined): string[] {
  if (typeof metric?.value !== 'number' || !metric.interval) return [];
  const [low, high] = metric.interval;
  return [`± ${formatNumber((high - low) / 2, metric.value)}`];
}

/** Three places for shares, one for sums such as MME's. */
export function formatNumber(value: number, scale = value): string {
  return value.toFixed(Math.abs(scale) >= 10 ? 1 : 3);
}

/** A signed difference, with a true minus: `+0.034`, `−0.120`. */
export function formatDifference(value: number): string {
  const digits = formatNumber(Math.abs(value), value);
  if (Number(digits) === 0) return digits;
  return (value < 0 ? '\u2212' : '+') + digits;
}

/** Whether a row's value is the best of its column, as it is printed: what looks equal is equally good. */
export function isBest(column: Column, row: Row, rows: readonly Row[]): boolean {
  const valueOf = ({ metrics }: Row): number[] => {
    const value = metrics[column.metric]?.value ?? undefined;
    return value === undefined ? [] : [Number(formatNumber(value))];
  };
  const [value] = valueOf(row);
  const values = rows.flatMap(valueOf);
  if (value === undefined || values.length < 2 || column.better === 'neither') return false;
  return value === (column.better === 'lower' ? Math.min(...values) : Math.max(...values));
}
