import type { Interval } from '../bootstrap.js';

/** Intervals by metric, without those of metrics that have nothing to divide by. */
export function knownIntervals(intervals: Readonly<Record<string, Interval>>): Record<string, Interval> {
  return Object.fromEntries(Object.entries(intervals).filter(([, ends]) => !ends.some(Number.isNaN)));
}
