import { trainerError } from './error.js';

/** A cosine schedule with linear warm-up and, where asked for, a stay at the highest rate between them. */
export interface Schedule {
  /** Highest learning rate, reached at the end of the warm-up. */
  readonly learningRate: number;
  /** Updates of warm-up. Default 0. */
  readonly warmup?: number;
  /**
   * Updates at the highest rate after the warm-up (warm-up, stable, decay). Default 0. For what is learned late
   * and at once, as copying is: a cosine from the start has halved the rate by the middle.
   */
  readonly hold?: number;
  /** Learning rate at the end, as a share of the highest. Default 0.05. */
  readonly floor?: number;
}

/**
 * Learning rate of an update: linear warm-up, the highest for as long as it is held, then a cosine to the floor.
 *
 *     t <= w: lr t / w        t <= w + h: lr
 *     t > w + h: lr ( f + (1 - f) (1 + cos(pi (t - w - h) / (T - w - h))) / 2 )
 *
 * @param step - t, counted from 1
 * @param steps - T, updates in all
 * @throws FgamError `trainer/bad-config`
 * @example
 * ```ts
 * import { learningRateAt } from '@fgam/trainer';
 *
 * const schedule = { learningRate: 1, warmup: 10, floor: 0 };
 * const rates = [5, 10, 55, 100].map((step) => learningRateAt(schedule, step, 100).toFixed(2));
 * if (rates.join() !== '0.50,1.00,0.50,0.00') throw new Error(rates.join());
 * ```
 */
export function learningRateAt(schedule: Schedule, step: number, steps: number): number {
  const { learningRate, warmup = 0, hold = 0, floor = 0.05 } = schedule;
  const isRate = learningRate > 0 && Number.isFinite(learningRate);
  if (!(isRate && warmup >= 0 && hold >= 0 && floor >= 0 && floor <= 1)) {
    throw trainerError(
      'trainer/bad-config',
      `learningRateAt: expected learningRate > 0, warmup and hold >= 0 and floor in 0..1, got ${learningRate}, ${warmup}, ${hold} and ${floor}`,
    );
  }
  if (step <= warmup) return (learningRate * step) / warmup;
  if (step <= warmup + hold) return learningRate;
  const done = (step - warmup - hold) / Math.max(1, steps - warmup - hold);
  return learningRate * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, done)))) / 2);
}
