import { rectifierError } from './error.js';

/** What came of a response of a validation split that a critic refused. */
export interface AcceptanceOutcome {
  /** Outcomes of one group get one threshold: the form of the question, say, as a critic may be surer of one than of another. */
  readonly group: string;
  /** How right the critic held the response, 0..1 (`feedbackScore`). */
  readonly score: number;
  /** 1: it was wrong and its revision is right; -1: it was right and its revision is wrong; 0: neither. */
  readonly gain: number;
}

/**
 * The threshold of acceptance of each group, for `withAcceptThreshold`: responses scored below it are sent back. It is the one with the
 * highest lower bound of the net gain on the outcomes below it,
 *
 *     sum gain - sqrt( sum |gain| )
 *
 * The root is one standard error of such a difference by chance. Where no threshold has a bound above 0, it is 0: nothing is sent back,
 * as the critic has not shown that it helps.
 *
 * @param outcomes - of a validation split; thresholds set on a test split would leak its truth
 * @throws FgamError `rectifier/bad-config` for a score that is no number of 0..1
 * @example
 * ```ts
 * import { calibrateAcceptance } from '@fgam/rectifier';
 *
 * const outcomes = Array.from({ length: 20 }, (_, i) => ({ group: 'existence', score: i / 20, gain: i < 10 ? 1 : -1 }));
 * const { existence } = calibrateAcceptance(outcomes);
 * if (existence !== 0.475) throw new Error('expected the middle between the last gain and the first loss');
 * ```
 */
export function calibrateAcceptance(outcomes: readonly AcceptanceOutcome[]): Record<string, number> {
  const bad = outcomes.find(({ score }) => !(score >= 0 && score <= 1));
  if (bad !== undefined)
    throw rectifierError(
      'rectifier/bad-config',
      `calibrateAcceptance: expected scores of 0..1, got ${bad.score}; give the scores of feedbackScore`,
    );
  const groups = new Map<string, AcceptanceOutcome[]>();
  for (const outcome of outcomes) {
    const group = groups.get(outcome.group);
    if (group === undefined) groups.set(outcome.group, [outcome]);
    else group.push(outcome);
  }
  return Object.fromEntries([...groups].map(([name, group]) => [name, thresholdOf(group)]));
}

function thresholdOf(outcomes: readonly AcceptanceOutcome[]): number {
  const ranked = [...outcomes].sort((a, b) => a.score - b.score);
  let best = { threshold: 0, bound: 0 };
  let [net, changed] = [0, 0];
  for (const [index, { score, gain }] of ranked.entries()) {
    net += gain;
    changed += Math.abs(gain);
    const next = ranked[index + 1]?.score ?? 1;
    // A threshold lies between two scores; equal ones are on the same side.
    if (next === score) continue;
    const bound = net - Math.sqrt(changed);
    if (bound > best.bound) best = { threshold: (score + next) / 2, bound };
  }
  return best.threshold;
}
