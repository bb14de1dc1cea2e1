import type { Report, ReportMetric, ReportVariant } from './schema.js';

/** A column of a report's tables. */
export interface Column {
  /** Key in `metrics`. */
  readonly metric: string;
  readonly heading: string;
  readonly isLowerBetter: boolean;
}

/** The scenes' headline numbers, in the order of the columns. */
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
];

/** The columns of a report: the headline numbers that some variant has; all its metrics where it has none of these. */
export function columnsOf(report: Report): Column[] {
  const present = new Set(
    report.variants.flatMap(({ metrics, withLoop }) => [
      ...Object.keys(metrics),
      ...Object.keys(withLoop ?? {}),
    ]),
  );
  const headlines = HEADLINES.filter(([metric]) => present.has(metric));
  const shown = headlines.length > 0 ? headlines : [...present].map((metric) => [metric, metric] as const);
  return shown.map(([metric, heading]) => ({
    metric,
    heading,
    isLowerBetter: /hallucination|error/i.test(metric),
  }));
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
  if (metric?.value === undefined || metric.value === null) return 'n/a';
  if (!metric.interval) return formatNumber(metric.value);
  const half = (metric.interval[1] - metric.interval[0]) / 2;
  return `${formatNumber(metric.value)} ± ${formatNumber(half, metric.value)}`;
}

/** Three places for shares, one for sums such as MME's. */
export function formatNumber(value: number, scale = value): string {
  return value.toFixed(Math.abs(scale) >= 10 ? 1 : 3);
}

/** Whether a row's value is the best of its column. */
export function isBest(column: Column, row: Row, rows: readonly Row[]): boolean {
  const value = row.metrics[column.metric]?.value;
  if (value === undefined || value === null || rows.length < 2) return false;
  const values = rows.flatMap((each) => each.metrics[column.metric]?.value ?? []);
  return value === (column.isLowerBetter ? Math.min(...values) : Math.max(...values));
}
