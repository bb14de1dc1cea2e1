import { stripText } from '../answers/python-text.js';
import { choiceLetter } from '../answers/prompts.js';
import { inferOption } from './infer-option.js';

/** What VLMEvalKit does without a judge, for a score's notes. */
export const EXACT_MATCHING =
  "answers that name no choice are wrong, as by VLMEvalKit's exact matching; with a judge it would ask which one they mean";

/**
 * The choice that an answer names by VLMEvalKit's rule, from 0: `inferOption` of the answer without the white
 * space around it, as for questions that are asked once.
 *
 * @returns undefined where it names none
 */
export function inferChoice(answer: string, choices: readonly string[]): number | undefined {
  const options = Object.fromEntries(choices.map((choice, index) => [choiceLetter(index), choice]));
  const letter = inferOption(stripText(answer), options, 'vlmevalkit');
  const index = Object.keys(options).findIndex((each) => each === letter);
  return index < 0 ? undefined : index;
}
