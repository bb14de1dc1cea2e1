import { rectifierError } from './error.js';

/** A threshold and how well it separates. */
export interface Calibration {
  /** Scores from it on are taken as positive. */
  readonly threshold: number;
  /** Share of positives at or above it. */
  readonly sensitivity: number;
  /** Share of negatives below it. */
  readonly specificity: number;
  /** (sensitivity + specificity) / 2. */
  readonly balancedAccuracy: number;
  /** Youden's J = sensitivity + specificity - 1. */
  readonly youden: number;
}

/**
 * The threshold with the highest Youden's J (that is, the highest balanced accuracy): halfway between two
 * neighbouring scores, or the lowest score, from which on all are positive (J = 0).
 *
 * Of equally good thresholds the one in the widest gap is taken, then the lowest.
 *
 * @param scores - finite; higher is more positive
 * @param labels - true for a positive
 * @throws FgamError `rectifier/bad-config` for lists of different lengths, scores that are not finite, or
 * labels of one class alone
 * @example
 * ```ts
 * import { calibrateThreshold } from '@fgam/rectifier';
 *
 * const { threshold, youden } = calibrateThreshold([0.1, 0.2, 0.6, 0.9], [false, false, true, true]);
 * if (threshold !== 0.4 || youden !== 1) throw new Error('separable');
 * ```
 */
export function calibrateThreshold(scores: readonly number[], labels: readonly boolean[]): Calibration {
  const positives = labels.filter(Boolean).length;
  const negatives = labels.length - positives;
  const faults = [
    scores.length === labels.length
      ? ''
      : `expected a label a score, got ${scores.length} and ${labels.length}`,
    scores.every(Number.isFinite) ? '' : 'expected finite scores',
    positives > 0 && negatives > 0
      ? ''
      : `expected labels of both classes, got ${positives} true of ${labels.length}`,
  ].filter(Boolean);
  if (faults.length > 0)
    throw rectifierError(
      'rectifier/bad-config',
      `calibrateThreshold: ${faults.join('; ')}; give both kinds of examples`,
    );
  const ranked = scores
    .map((score, i) => ({ score, label: labels[i] as boolean }))
    .sort((a, b) => a.score - b.score);
  let best: { readonly threshold: number; readonly youden: number; readonly gap: number } | undefined;
  let [positivesBelow, negativesBelow] = [0, 0];
  // A threshold that takes none has J = 0, like the lowest score, so it need not be tried.
  for (const [below, after] of ranked.entries()) {
    const before = ranked[below - 1];
    if (before?.label) positivesBelow += 1;
    else if (before) negativesBelow += 1;
    if (before?.score === after.score) continue;
    const threshold = before ? between(before.score, after.score) : after.score;
    const youden = 1 - positivesBelow / positives + negativesBelow / negatives - 1;
    const gap = before ? after.score - before.score : 0;
    const isBetter =
      !best || youden > best.youden + 1e-12 || (youden > best.youden - 1e-12 && gap > best.gap);
    if (isBetter) best = { threshold, youden, gap };
  }
  const { threshold } = best as NonNullable<typeof best>;
  const share = (wanted: boolean, of: number) =>
    ranked.filter(({ score, label }) => label === wanted && score >= threshold === wanted).length / of;
  const [sensitivity, specificity] = [share(true, positives), share(false, negatives)];
  const youden = sensitivity + specificity - 1;
  return { threshold, sensitivity, specificity, balancedAccuracy: (youden + 1) / 2, youden };
}

/** Halfway from `before` to `after`; `after` itself where no number lies between them. */
function between(before: number, after: number): number {
  const middle = before / 2 + after / 2;
  return middle > before && middle <= after ? middle : after;
}
