import { trainerError } from './error.js';

/** A cosine schedule with linear warm-up. */
export interface Schedule {
  /** Highest learning rate, reached at the end of the warm-up. */
  readonly learningRate: number;
  /** Updates of warm-up. Default 0. */
  readonly warmup?: number;
  /** Learning rate at the end, as a share of the highest. Default 0.05. */
  readonly floor?: number;
}

/**
 * Learning rate of an update: linear warm-up, then a cosine from the highest to the floor.
 *
 *     t <= w: lr t / w        t > w: lr ( f + (1 - f) (1 + cos(pi (t - w) / (T - w))) / 2 )
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
  const { learningRate, warmup = 0, floor = 0.05 } = schedule;
  if (!(learningRate > 0 && Number.isFinite(learningRate) && warmup >= 0 && floor >= 0 && floor <= 1)) {
    throw trainerError(
      'trainer/bad-config',
      `learningRateAt: expected learningRate > 0, warmup >= 0 and floor in 0..1, got ${learningRate}, ${warmup} and ${floor}`,
    );
  }
  if (step <= warmup) return (learningRate * step) / warmup;
  const done = (step - warmup) / Math.max(1, steps - warmup);
  return learningRate * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, done)))) / 2);
}
