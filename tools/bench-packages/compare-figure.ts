import type { Figure } from './figure.js';

/** A figure beside that of an earlier run. */
export interface Comparison {
  /** Median over the earlier median. */
  readonly ratio: number;
  /** `same` where the quartiles of both runs overlap: what differs less than the runs among themselves says nothing. */
  readonly verdict: 'better' | 'worse' | 'same';
}

/** Holds a figure against the one of an earlier run; undefined where there is none, or one of another unit. */
export function compareFigure(now: Figure, before: Figure | undefined): Comparison | undefined {
  if ('absent' in now || before === undefined || 'absent' in before) return undefined;
  if (now.unit !== before.unit || now.per !== before.per || before.median === 0) return undefined;
  const ratio = now.median / before.median;
  const [low, high] = now.quartiles;
  const isApart = low > before.quartiles[1] || high < before.quartiles[0];
  if (!isApart) return { ratio, verdict: 'same' };
  return { ratio, verdict: ratio > 1 === (now.better === 'higher') ? 'better' : 'worse' };
}
