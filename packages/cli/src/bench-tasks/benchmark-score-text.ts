import type { BenchmarkTask } from '@fgam/bench';
import { flatMetrics } from './flat-metrics.js';
import { plainTable } from './plain-table.js';
import type { ShownScore } from './shown-score.js';

/** Ids of a fault that are shown as text; all of them are in the JSON. */
const SHOWN = 10;

/**
 * A benchmark's score for people: the metrics with their intervals and units, those of each category, what
 * was wrong with the rows.
 */
export function benchmarkScoreText(score: ShownScore, { title, units }: BenchmarkTask): string {
  const { dialect, n, missing, metrics, byCategory, interval, faults, notes } = score;
  const whole = flatMetrics(metrics).map(([name, value]) => {
    const [low, high] = interval[name] ?? [];
    const range = low === undefined || high === undefined ? '' : `${shown(low)} to ${shown(high)}`;
    return [name, shown(value), range, units[name] ?? ''];
  });
  const categories = Object.entries(byCategory);
  const columns = [...new Set(categories.flatMap(([, each]) => flatMetrics(each).map(([name]) => name)))];
  const found = Object.entries(faults).flatMap(([fault, ids]: [string, readonly string[]]) =>
    ids.length > 0
      ? [`${fault} ${ids.length}: ${ids.slice(0, SHOWN).join(', ')}${ids.length > SHOWN ? ', ...' : ''}`]
      : [],
  );
  return [
    `${title}, ${dialect}: ${n} questions, ${missing} without an answer`,
    plainTable(['metric', 'value', '95 % interval', 'unit'], whole),
    ...(categories.length > 0
      ? [
          plainTable(
            ['', ...columns],
            categories.map(([name, each]) => {
              const values = new Map(flatMetrics(each));
              return [name, ...columns.map((column) => shown(values.get(column)))];
            }),
          ),
        ]
      : []),
    ...found,
    ...notes,
  ].join('\n');
}

function shown(value: number | null | undefined): string {
  if (value === undefined) return '';
  return value === null || Number.isNaN(value) ? 'n/a' : String(Number(value.toFixed(5)));
}
