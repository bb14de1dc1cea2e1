import { benchError } from '../error.js';
import { normalQuantile } from './distributions.js';

/** What {@link questionsNeeded} takes. */
export interface QuestionsNeededInput {
  /** The difference of accuracies that shall be seen, above 0 and at most `discordant`; 0.01 is one point. */
  readonly difference: number;
  /**
   * Share of questions that one of the two systems gets right and the other does not, 0..1:
   * from an earlier comparison.
   */
  readonly discordant: number;
  /** Of the two-sided test; default 0.05. */
  readonly level?: number;
  /** Chance of seeing the difference where there is one; default 0.8. */
  readonly power?: number;
}

/**
 * How many questions a paired comparison needs to see a difference of accuracies.
 *
 *     n = ( z_(1 - a/2) sqrt(q) + z_(power) sqrt(q - d^2) )^2 / d^2,  q discordant, d difference
 *
 * Rounded up. Questions are taken as independent: where many are about one image, more are needed.
 *
 * @throws FgamError `bench/bad-input` for numbers out of range
 * @see Connor 1987 (Biometrics 43), sample size for McNemar's test
 * @example
 * ```ts
 * import { questionsNeeded } from '@fgam/bench';
 *
 * // One point where the two differ on a tenth of the questions.
 * const n = questionsNeeded({ difference: 0.01, discordant: 0.1 });
 * if (n !== 7847) throw new Error(`${n} questions`);
 * ```
 */
export function questionsNeeded(input: QuestionsNeededInput): number {
  const { difference, discordant, level = 0.05, power = 0.8 } = input;
  const fits =
    difference > 0 &&
    difference <= discordant &&
    discordant <= 1 &&
    level > 0 &&
    level < 1 &&
    power > 0 &&
    power < 1;
  if (!fits)
    throw benchError(
      'bench/bad-input',
      'questionsNeeded: expected 0 < difference <= discordant <= 1 and level and power between 0 and 1, got ' +
        `${difference}, ${discordant}, ${level} and ${power}; two systems can't differ by more than they disagree`,
    );
  const root =
    normalQuantile(1 - level / 2) * Math.sqrt(discordant) +
    normalQuantile(power) * Math.sqrt(discordant - difference ** 2);
  return Math.ceil(root ** 2 / difference ** 2);
}
