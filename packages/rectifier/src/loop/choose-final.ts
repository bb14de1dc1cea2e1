import type { Attempt, Feedback } from '@fgam/data';
import { rectifierError } from '../error.js';
import { isCaptionQuestion } from '../claims/parse-question.js';
import { foldSpace } from '../feedback/format-feedback.js';
import { countClaims, reward } from '../reward.js';
import { feedbackScore, isAcceptance } from './feedback-score.js';
import { isBlank } from './is-blank.js';

/**
 * The response to return: the last that no decide step held worse than the one before it, if its own critic accepts
 * it, or nothing is known of it or of the first. Else of those that score no lower than the first: of captions the
 * one with the highest claim-level reward by its own feedback (`countClaims`: the share that is said and holds; what
 * names nothing is worth the least), the last of equals; of all else the last, or, where that scores below the first,
 * the best scored one, the earliest of equals.
 *
 * A response that is accepted is returned whatever the scores: confidences in two verdicts need not be of one
 * scale (a trained module's in a refusal is of the sentence that it wrote), and what was refused is not better.
 *
 * Blank responses (white space alone) are passed over where another is not blank, whatever was said of them.
 *
 * A response without feedback of its own has that of an equal earlier response (white space aside). Where the
 * first or the last has no score (no confidence from the critic, a budget ran out, or the last round is not
 * checked), nothing is known to be worse, and the last is returned.
 *
 * @param all - the attempts of a trajectory, in their order; at least one
 * @param question - what they answer. Default: unknown, so that claims are not counted
 * @throws FgamError `rectifier/bad-trajectory` without an attempt to choose
 * @example
 * ```ts
 * import { chooseFinal, parseFeedback } from '@fgam/rectifier';
 *
 * const refused = (response: string, score: number, feedback = 'object : there is no cat') => ({
 *   response,
 *   feedback: { ...parseFeedback(feedback, { response }), confidence: 1 - score },
 * });
 * // The last scores below the first: of all the best is taken.
 * const best = chooseFinal([refused('a cat', 0.3), refused('a dog', 0.4), refused('a hat', 0.2)]);
 * if (best !== 'a dog') throw new Error(best);
 * // Not below the first: the last is taken, though another was better.
 * const last = chooseFinal([refused('a cat', 0.3), refused('a dog', 0.4), refused('a hat', 0.3)]);
 * if (last !== 'a hat') throw new Error(last);
 * // Of a caption half of which holds, and one of which nothing does.
 * const half = refused('a dog , a cat .', 0.3, 'object : there is no cat , not a cat');
 * const caption = chooseFinal([half, refused('a cat .', 0.3)], 'describe the image .');
 * if (caption !== 'a dog , a cat .') throw new Error(caption);
 * ```
 */
export function chooseFinal(all: readonly Attempt[], question?: string): string {
  const kept = all.filter(({ decision }) => decision !== 'worse');
  const said = kept.filter(({ response }) => !isBlank(response));
  const attempts = said.length > 0 ? said : kept;
  const [begun, final] = [attempts[0], attempts.at(-1)];
  if (begun === undefined || final === undefined)
    throw rectifierError(
      'rectifier/bad-trajectory',
      `chooseFinal: expected an attempt that no decide step holds worse, got ${all.length} attempts without one`,
    );
  if (final.feedback !== undefined && isAcceptance(final.feedback)) return final.response;
  const judged = judgedOnce(attempts, question);
  const judgementOf = ({ response }: Attempt) => judged.get(foldSpace(response));
  const [first, last] = [judgementOf(begun), judgementOf(final)];
  if (first === undefined || last === undefined) return final.response;
  const notWorse = [...judged.values()].filter(({ score }) => score >= first.score);
  const highest = Math.max(...notWorse.map((each) => each.reward));
  const best = notWorse.filter((each) => each.reward === highest);
  if (best.includes(last)) return final.response;
  return last.score >= first.score
    ? (best.at(-1) ?? last).response
    : best.reduce((one, other) => (other.score > one.score ? other : one)).response;
}

/** Reward of a refused caption that names nothing. */
const LEAST = -1;

/** A response with what its critic's feedback makes of it. */
interface Judgement {
  readonly response: string;
  readonly score: number;
  readonly reward: number;
}

/** The first judgement with a score of each response, by its text, white space aside. */
function judgedOnce(
  attempts: readonly Attempt[],
  question: string | undefined,
): ReadonlyMap<string, Judgement> {
  const judged = new Map<string, Judgement>();
  for (const { response, feedback } of attempts) {
    const score = feedbackScore(feedback);
    if (feedback === undefined || score === undefined || judged.has(foldSpace(response))) continue;
    judged.set(foldSpace(response), { response, score, reward: rewardOf(response, feedback, question) });
  }
  return judged;
}

function rewardOf(response: string, feedback: Feedback, question: string | undefined): number {
  if (question === undefined || !isCaptionQuestion(question)) return 0;
  const counted = countClaims(question, response, feedback);
  return counted.claims === 0 && !isAcceptance(feedback) ? LEAST : reward(counted);
}
