import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Column, Row } from './columns.js';
import type { Report } from './schema.js';

/** Ink follows the page's colour scheme; the series' colours are readable on both. */
const INK = 'currentColor';
const SERIES = ['#2f7fd1', '#e0792b', '#2f9e6e', '#b667c9', '#c9a227', '#d1495b', '#6c8794'] as const;
/** Bars without and with the loop. */
export const LOOP_COLOURS = { 'without loop': '#9aa7b3', 'with loop': '#2f7fd1' } as const;
const CONFIG = {
  background: 'transparent',
  // The page says what a plot is; an axis read out by its ticks says nothing.
  aria: false,
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    domainColor: INK,
    tickColor: INK,
    gridColor: INK,
    gridOpacity: 0.12,
    domainOpacity: 0.4,
    tickOpacity: 0.4,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
  },
  legend: { labelColor: INK, titleColor: INK, labelFontSize: 11, orient: 'bottom', title: null },
} as const;

/** More points than this are not told apart at this width, and make the page heavy. */
const MAX_POINTS = 400;

/** A run's loss and its parts against the step, as SVG text; of a long run, evenly chosen steps and the last. */
export function plotCurve(curve: Report['curves'][number]): Promise<string> {
  const stride = Math.ceil(curve.points.length / MAX_POINTS);
  const shown = curve.points.filter((_, index) => index % stride === 0 || index === curve.points.length - 1);
  const values = shown.flatMap(({ step, loss, parts }) => [
    { step, value: loss, part: 'loss' },
    ...Object.entries(parts).map(([part, value]) => ({ step, value, part })),
  ]);
  const parts = [...new Set(values.map(({ part }) => part))];
  return toSvg({
    data: { values },
    width: 320,
    height: 180,
    mark: { type: 'line', strokeWidth: 1.8, point: shown.length === 1 },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: 'step', axis: { grid: false, tickCount: 5 } },
      y: { field: 'value', type: 'quantitative', title: null, axis: { tickCount: 5 } },
      color: { field: 'part', type: 'nominal', scale: { domain: parts, range: [...SERIES] } },
    },
  });
}

/** A metric's value by variant, without and with the loop, with intervals, as SVG text. */
export function plotMetric(column: Column, rows: readonly Row[]): Promise<string> {
  const values = rows.flatMap(({ variant, loop, metrics }) => {
    const metric = metrics[column.metric];
    if (metric?.value === undefined || metric.value === null) return [];
    const [low, high] = metric.interval ?? [metric.value, metric.value];
    return [{ variant: variant.name, loop, value: metric.value, low, high }];
  });
  const top = Math.max(1, ...values.map(({ high }) => high));
  const names = [...new Set(rows.map(({ variant }) => variant.name))];
  const loops = [...new Set(rows.map(({ loop }) => loop))];
  // Order is by domain, never by a list in `sort`: that becomes an expression, and a name must not be parsed.
  const y = {
    field: 'variant',
    type: 'nominal',
    sort: null,
    scale: { domain: names },
    title: null,
    axis: { labelLimit: 150 },
  } as const;
  const yOffset = { field: 'loop', type: 'nominal', sort: null, scale: { domain: loops } } as const;
  const scale = { domain: [Math.min(0, ...values.map(({ low }) => low)), top] };
  return toSvg({
    data: { values },
    width: 220,
    height: { step: loops.length > 1 ? 13 : 22, for: loops.length > 1 ? 'offset' : 'position' },
    encoding: { y, yOffset },
    layer: [
      {
        // No round corners: Vega clips them by ids that every plot of the page would share, and bars
        // would end at another's value.
        mark: { type: 'bar' },
        encoding: {
          x: { field: 'value', type: 'quantitative', scale, title: null, axis: { tickCount: 5 } },
          color: {
            field: 'loop',
            type: 'nominal',
            scale: { domain: Object.keys(LOOP_COLOURS), range: Object.values(LOOP_COLOURS) },
            // One key stands over all plots.
            legend: null,
          },
        },
      },
      {
        mark: { type: 'rule', color: INK, strokeWidth: 1.4 },
        encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
    ],
  });
}

/** One variant of {@link plotVariants}. */
export interface VariantPoint {
  readonly variant: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** What the paper reports of it. */
  readonly paper?: number;
}

/** Our values, and the paper's. */
export const PAPER_COLOURS = { ours: '#2f7fd1', paper: '#e0792b' } as const;

/**
 * A metric by variant as points with intervals, and the paper's values as diamonds, as SVG text. The axis
 * need not begin at 0: differences are what is looked for.
 */
export function plotVariants(points: readonly VariantPoint[]): Promise<string> {
  const reported = points.flatMap(({ variant, paper }) =>
    paper === undefined ? [] : [{ variant, value: paper }],
  );
  const y = {
    field: 'variant',
    type: 'nominal',
    sort: null,
    scale: { domain: points.map(({ variant }) => variant) },
    title: null,
    axis: { labelLimit: 150, grid: true, ticks: false, domain: false },
  } as const;
  const x = {
    field: 'value',
    type: 'quantitative',
    scale: { zero: false, nice: true, padding: 8 },
    title: null,
    axis: { tickCount: 4 },
  } as const;
  return toSvg({
    width: 220,
    height: { step: 24 },
    layer: [
      {
        data: { values: [...points] },
        mark: { type: 'rule', color: INK, strokeWidth: 1.4 },
        encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } },
      },
      {
        data: { values: [...points] },
        mark: {
          type: 'point',
          shape: 'circle',
          filled: true,
          size: 90,
          opacity: 1,
          color: PAPER_COLOURS.ours,
        },
        encoding: { y, x },
      },
      {
        data: { values: reported },
        mark: {
          type: 'point',
          shape: 'diamond',
          filled: false,
          opacity: 1,
          size: 90,
          strokeWidth: 2,
          color: PAPER_COLOURS.paper,
        },
        encoding: { y, x },
      },
    ],
  });
}

/** What {@link plotReliability} shows. */
export interface ReliabilityPlot {
  /** Scores and shares from 0 to 1; `right` is undefined where a bin has no example. */
  readonly bins: readonly {
    readonly low: number;
    readonly high: number;
    readonly count: number;
    readonly score: number;
    readonly right: number | undefined;
  }[];
  /** Scores from it on are accepted. */
  readonly threshold: number;
}

/** The share of right answers by score, with the diagonal and the acceptance threshold, as SVG text. */
export function plotReliability({ bins, threshold }: ReliabilityPlot): Promise<string> {
  const values = bins.filter(({ right }) => right !== undefined);
  const scale = { domain: [0, 1] };
  const x = { field: 'low', type: 'quantitative', scale, title: 'score', axis: { tickCount: 5 } } as const;
  const y = { type: 'quantitative', scale, title: 'share of right answers', axis: { tickCount: 5 } } as const;
  return toSvg({
    width: 320,
    height: 320,
    layer: [
      {
        data: { values },
        mark: { type: 'bar', color: SERIES[0] },
        encoding: { x: { ...x, bin: 'binned' }, x2: { field: 'high' }, y: { ...y, field: 'right' } },
      },
      {
        data: { values: [0, 1].map((low) => ({ low, right: low })) },
        mark: { type: 'line', color: INK, strokeDash: [4, 3], strokeWidth: 1.2 },
        encoding: { x, y: { ...y, field: 'right' } },
      },
      {
        data: { values: [{ low: threshold }] },
        mark: { type: 'rule', color: SERIES[1], strokeWidth: 1.6 },
        encoding: { x },
      },
    ],
  });
}

/** A plot as SVG text in the style of the page. */
export async function toSvg(spec: TopLevelSpec): Promise<string> {
  const compiled = compile({ ...spec, config: CONFIG }).spec;
  const view = new View(parse(compiled), { renderer: 'none' });
  try {
    // Inside a page an SVG needs no namespace, and a page without any address is easily seen to load nothing.
    // The figure around it has the name: marks have roles without one, which `aria: false` leaves.
    return (await view.toSVG())
      .replace(/ xmlns(?::xlink)?="[^"]*"/g, '')
      .replace('<svg ', '<svg aria-hidden="true" ');
  } finally {
    view.finalize();
  }
}
