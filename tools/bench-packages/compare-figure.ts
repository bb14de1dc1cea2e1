import { median } from 'simple-statistics';
import type { JoinedFigure, PassedFigure } from './join-passes.js';

/** A figure beside that of an earlier run. */
export interface Comparison {
  /** Median of what is compared over the earlier one. */
  readonly ratio: number;
  readonly verdict: 'better' | 'worse' | 'same';
}

/**
 * Ratios nearer to 1 say nothing, as runs of the same code differ by as much: under loads alike, and where
 * one machine was busy and the other not, which costs processor time, too (`docs/log.md`, "What
 * `npm run bench` says of what did not change").
 */
export const LEAST = { alike: 1.25, unlike: 2 } as const;

/**
 * Holds a figure against the one of an earlier run; undefined where there is none, or one of another
 * unit. Better or worse is only what every pass says: all of one run's are below all of the other's; a
 * single pass says nothing of times. What is no time and the same in all passes, as a size is, is
 * exact: any difference counts.
 *
 * @param least - ratio from which on there is a verdict
 */
export function compareFigure(
  now: PassedFigure,
  before: PassedFigure | undefined,
  least: number = LEAST.alike,
): Comparison | undefined {
  if ('absent' in now || before === undefined || 'absent' in before) return undefined;
  if (now.unit !== before.unit || now.per !== before.per) return undefined;
  const [a, b] = [median([...now.compared]), median([...before.compared])];
  if (b === 0 || (now.processor === undefined) !== (before.processor === undefined)) return undefined;
  const ratio = a / b;
  if (now.better === 'neither' || !isApart(now, before, ratio, least)) return { ratio, verdict: 'same' };
  return { ratio, verdict: ratio > 1 === (now.better === 'higher') ? 'better' : 'worse' };
}

function isApart(now: JoinedFigure, before: JoinedFigure, ratio: number, least: number): boolean {
  const both = [now.compared, before.compared];
  if (now.unit !== 'ms' && both.every((values) => new Set(values).size === 1)) return ratio !== 1;
  if (Math.max(ratio, 1 / ratio) < least || both.some(({ length }) => length < 2)) return false;
  const [low, high] = ratio > 1 ? [before.compared, now.compared] : [now.compared, before.compared];
  return Math.max(...low) < Math.min(...high);
}
