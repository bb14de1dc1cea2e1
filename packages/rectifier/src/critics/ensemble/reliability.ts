import { rectifierError } from '../../error.js';

/** Examples whose scores lie together, for a reliability plot. */
export interface ReliabilityBin {
  /** From `low` on, below `high` (the last: up to 1). */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean score; the middle of the bin where it has no example. */
  readonly score: number;
  /** Share of right ones; undefined where the bin has no example. */
  readonly right: number | undefined;
}

/** How well scores are probabilities. */
export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: sum over bins of count / n times |score - right|. */
  readonly error: number;
  /** Brier score: mean squared difference of score and outcome. */
  readonly brier: number;
}

/**
 * How often responses of a score are right: `count` bins of equal width over 0..1.
 *
 * @param scores - how right each was held, 0..1
 * @param labels - whether it was
 * @throws FgamError `rectifier/bad-config` for no example, lists of different lengths, scores
 * outside of 0..1, or no bin
 * @example
 * ```ts
 * import { reliability } from '@fgam/rectifier';
 *
 * const { bins, error, brier } = reliability([0.2, 0.3, 0.9, 0.9], [false, true, true, true], 2);
 * if (bins.map(({ right }) => right).join() !== '0.5,1') throw new Error('1 of 2, 2 of 2');
 * if (!(Math.abs(error - 0.175) < 1e-9 && Math.abs(brier - 0.1375) < 1e-9)) throw new Error(`${error} ${brier}`);
 * ```
 */
export function reliability(scores: readonly number[], labels: readonly boolean[], count = 10): Reliability {
  const isPossible =
    scores.length > 0 &&
    scores.length === labels.length &&
    scores.every((score) => score >= 0 && score <= 1) &&
    Number.isInteger(count) &&
    count > 0;
  if (!isPossible)
    throw rectifierError(
      'rectifier/bad-config',
      `reliability: expected scores of 0..1 with a label each and at least one bin, got ${scores.length} scores, ${labels.length} labels, ${count} bins`,
    );
  const members = Array.from({ length: count }, (): { score: number; label: boolean }[] => []);
  for (const [i, score] of scores.entries())
    members[Math.min(count - 1, Math.floor(score * count))]?.push({ score, label: labels[i] === true });
  const bins = members.map((own, i): ReliabilityBin => {
    const [low, high] = [i / count, (i + 1) / count];
    const n = own.length;
    return {
      ...{ low, high, count: n },
      score: n === 0 ? (low + high) / 2 : own.reduce((sum, { score }) => sum + score, 0) / n,
      right: n === 0 ? undefined : own.filter(({ label }) => label).length / n,
    };
  });
  const squares = scores.map((score, i) => (score - Number(labels[i])) ** 2);
  return {
    bins,
    error:
      bins.reduce((sum, { count: n, score, right = score }) => sum + n * Math.abs(score - right), 0) /
      scores.length,
    brier: squares.reduce((sum, square) => sum + square, 0) / scores.length,
  };
}
