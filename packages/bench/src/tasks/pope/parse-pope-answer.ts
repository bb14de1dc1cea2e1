import { parseYesNoWords } from '../yes-no/parse-yes-no-words.js';

/** Whose rules an answer is read by. */
export type PopeDialect = 'official' | 'lmms-eval' | 'vlmevalkit';

/**
 * What an answer says, by a dialect:
 * - `official`: of the text before the first full stop, without commas and cut at spaces, a word `No`,
 *   `not` or `no` makes it no; all else is yes, an empty answer too (POPE's `evaluate.py`, the same in
 *   LLaVA's `eval_pope.py`);
 * - `lmms-eval`: the whole answer, trimmed and in lower case, is yes or no; all else is neither;
 * - `vlmevalkit`: the words yes or no, one of them and not the other, somewhere in the answer.
 *
 * @returns undefined for neither
 */
export function parsePopeAnswer(text: string, dialect: PopeDialect): 'yes' | 'no' | undefined {
  if (dialect === 'vlmevalkit') return parseYesNoWords(text);
  if (dialect === 'lmms-eval') {
    const plain = text.toLowerCase().trim();
    return plain === 'yes' || plain === 'no' ? plain : undefined;
  }
  const words = (text.split('.')[0] ?? '').replaceAll(',', '').split(' ');
  return ['No', 'not', 'no'].some((word) => words.includes(word)) ? 'no' : 'yes';
}
