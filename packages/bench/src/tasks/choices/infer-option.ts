import { splitWords } from '../answers/python-text.js';

/** Whose rule an answer is read by. */
export type OptionRule = 'vlmevalkit' | 'lmms-eval';

/** A question's options by letter, as many as it has. */
export type Options = Readonly<Record<string, string>>;

/** What stands for an answer that is none of the options. */
export const NO_OPTION = 'Z';

/** Phrases that decline to answer, as VLMEvalKit lists them. */
const DECLINED = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  'Cannot determine the answer',
];

/** What both toolkits write in place of an answer that could not be had. */
const FAILED = 'Failed to obtain answer via API';

/** An answer's letter must be less than this many words before the end (VLMEvalKit). */
const NEAR_END = 5;

/** An answer longer than this many times all options together names none by their text (VLMEvalKit). */
const MOST_TEXT = 2;

/** Where `A` may be an article and not the letter: answers of more words (lmms-eval). */
const MOST_WORDS_WITH_A = 3;

/** What may stand around a letter, in the order in which it is tried (lmms-eval). */
const AROUND = [
  ['', '.'],
  ['', ','],
  ['', ':'],
  ['', ')'],
  ['', ').'],
  ['(', ')'],
  ['(', ').'],
  [':', ''],
  [':', ','],
  [':', '.'],
  [':', ')'],
  [':', ').'],
] as const;

/**
 * The option that an answer names: by its letter, else by its text.
 *
 * - `vlmevalkit`: VLMEvalKit's `can_infer` (`vlmeval/utils/matching_util.py`, as it is in 2026), which
 *   MMBench's authors evaluate by. Marks `.()[],:;!*#{}` are spaces; of the question's letters one alone must
 *   be among the words, first so among the last four. A `Z` and no letter, or a phrase that declines, is no
 *   option. Else the letter after "answer is" counts, even where it begins a word. Else the text of one
 *   option alone must be in the answer, which must not be more than twice as long as all options together.
 *   Older versions have neither the two limits nor "answer is".
 * - `lmms-eval`: the rule of MMBench's first script (2023). Of A to E one alone must be a word (not A
 *   in more than three words), or have a mark such as `)` around it. Else the text of one option
 *   alone must be in the answer.
 *
 * @returns `Z` for an answer that says it is none; undefined where neither letter nor text tells
 */
export function inferOption(answer: string, options: Options, rule: OptionRule): string | undefined {
  const byLetter = rule === 'vlmevalkit' ? letterOf(answer, Object.keys(options)) : markedLetterOf(answer);
  return byLetter ?? optionInText(answer, options, rule === 'vlmevalkit' ? MOST_TEXT : Infinity);
}

function letterOf(answer: string, letters: readonly string[]): string | undefined {
  if (answer.includes(FAILED)) return undefined;
  if (DECLINED.some((phrase) => answer.includes(phrase))) return NO_OPTION;
  const words = splitWords(answer.replace(/[.()[\],:;!*#{}]/g, ' '));
  const [letter, ...others] = letters.filter((each) => words.includes(each));
  const isNearEnd = letter !== undefined && words.indexOf(letter) > words.length - NEAR_END;
  if (isNearEnd && others.length === 0) return letter;
  if (letter === undefined && words.includes(NO_OPTION)) return NO_OPTION;
  const said = /answer\s+is\s+\**([A-D])/i.exec(answer)?.[1]?.toUpperCase();
  return said !== undefined && letters.includes(said) ? said : undefined;
}

function markedLetterOf(answer: string): string | undefined {
  if (answer.includes(FAILED)) return undefined;
  const words = splitWords(answer);
  const onlyLetter = (before: string, after: string): string | undefined => {
    const [letter, ...others] = ['A', 'B', 'C', 'D', 'E'].filter((each) =>
      words.includes(before + each + after),
    );
    return others.length === 0 ? letter : undefined;
  };
  const isArticle = words.includes('A') && words.length > MOST_WORDS_WITH_A;
  const bare = isArticle ? undefined : onlyLetter('', '');
  if (bare !== undefined) return bare;
  for (const [before, after] of AROUND) {
    const letter = onlyLetter(before, after);
    if (letter !== undefined) return letter;
  }
  return undefined;
}

function optionInText(answer: string, options: Options, most: number): string | undefined {
  const lower = answer.toLowerCase();
  const length = Object.values(options).reduce((sum, text) => sum + [...text].length, 0);
  if ([...lower].length > most * length) return undefined;
  const [letter, ...others] = Object.entries(options).flatMap(([each, text]) =>
    lower.includes(text.toLowerCase()) ? [each] : [],
  );
  return others.length === 0 ? letter : undefined;
}
