import { rectifierError } from './error.js';

/** What came of a refusal on a validation split. */
export interface RefusalOutcome {
  /**
   * Outcomes of one group get one threshold: the form of the question, say, as a critic may be
   * surer of one than of another.
   */
  readonly group: string;
  /** How right the critic held the response, 0..1 (`feedbackScore`). */
  readonly score: number;
  /** 1: it was wrong and its revision is right; -1: it was right and its revision is wrong; 0: neither. */
  readonly gain: number;
}

/**
 * The threshold of each group for `withRefusalThreshold`: refusals of responses scored below it stand. It is
 * the one with the highest lower bound of the net gain on the outcomes below it,
 *
 *     sum gain - 2 sqrt( sum |gain| )
 *
 * The root is the standard error of such a sum by chance; as the best of many thresholds is taken, the bound
 * is still a hopeful one. Where no threshold has a bound above 0, it is 0: no refusal stands, as the critic
 * has not shown that it helps.
 *
 * @param outcomes - of a validation split; thresholds set on a test split would leak its truth
 * @throws FgamError `rectifier/bad-config` for a score that is no number of 0..1
 * @example
 * ```ts
 * import { calibrateRefusals } from '@fgam/rectifier';
 *
 * const outcomes = Array.from({ length: 20 }, (_, i) => ({ group: 'existence', score: i / 20, gain: i < 10 ? 1 : -1 }));
 * const { existence } = calibrateRefusals(outcomes);
 * if (existence !== 0.475) throw new Error('expected the middle between the last gain and the first loss');
 * ```
 */
export function calibrateRefusals(outcomes: readonly RefusalOutcome[]): Record<string, number> {
  const bad = outcomes.find(({ score }) => !(score >= 0 && score <= 1));
  if (bad !== undefined)
    throw rectifierError(
      'rectifier/bad-config',
      `calibrateRefusals: expected scores of 0..1, got ${bad.score}; give the scores of feedbackScore`,
    );
  const groups = new Map<string, RefusalOutcome[]>();
  for (const outcome of outcomes) {
    const group = groups.get(outcome.group);
    if (group === undefined) groups.set(outcome.group, [outcome]);
    else group.push(outcome);
  }
  return Object.fromEntries([...groups].map(([name, group]) => [name, thresholdOf(group)]));
}

/** By how much a gain must exceed what chance makes. */
const STANDARD_ERRORS = 2;

function thresholdOf(outcomes: readonly RefusalOutcome[]): number {
  const ranked = [...outcomes].sort((a, b) => a.score - b.score);
  let best = { threshold: 0, bound: 0 };
  let [net, changed] = [0, 0];
  for (const [index, { score, gain }] of ranked.entries()) {
    net += gain;
    changed += Math.abs(gain);
    const next = ranked[index + 1]?.score ?? 1;
    // A threshold lies between two scores; equal ones are on the same side.
    if (next === score) continue;
    const bound = net - STANDARD_ERRORS * Math.sqrt(changed);
    if (bound > best.bound) best = { threshold: (score + next) / 2, bound };
  }
  return best.threshold;
}
