import type { SceneScore } from '../scenes/score-scenes.js';
import type { ReportMetric } from './schema.js';

/**
 * Scores as a report's `metrics`, by `task.metric` such as `existence/random.f1`. A value or interval that is
 * no number (nothing to divide by) becomes null, as JSON has no NaN.
 *
 * @example
 * ```ts
 * import { reportMetrics } from '@fgam/bench';
 *
 * const metrics = reportMetrics([
 *   { task: 'spatial', metric: 'accuracy', value: 0.75, n: 40, interval: [0.625, 0.875] },
 *   { task: 'caption', metric: 'relationHallucination', value: NaN, n: 0, interval: [NaN, NaN] },
 * ]);
 * if (metrics['spatial.accuracy']?.value !== 0.75) throw new Error('a value is lost');
 * if (metrics['caption.relationHallucination']?.value !== null) throw new Error('NaN is not null');
 * ```
 */
export function reportMetrics(scores: readonly SceneScore[]): Record<string, ReportMetric> {
  return Object.fromEntries(
    scores.map(({ task, metric, value, n, interval }) => [
      `${task}.${metric}`,
      {
        value: Number.isFinite(value) ? value : null,
        n,
        interval: interval.every(Number.isFinite) ? interval : null,
      },
    ]),
  );
}
