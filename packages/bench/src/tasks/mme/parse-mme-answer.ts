import { parseYesNoWords } from '../yes-no/parse-yes-no-words.js';

/** Whose rules an answer is read by. */
export type MmeDialect = 'official' | 'lmms-eval' | 'vlmevalkit';

/** How far into an answer the official script looks. */
const LOOKED_AT = 4;

/**
 * What an answer says, by a dialect:
 * - `official`: in lower case yes or no, else the one of them (yes first) that stands in its first 4
 *   characters, so that "know" is no;
 * - `lmms-eval`: the same of the answer without full stops and spaces around it, and `y` and `n` alone are read too;
 * - `vlmevalkit`: the words yes or no, one of them and not the other, somewhere in the answer.
 *
 * @returns undefined for neither
 */
export function parseMmeAnswer(text: string, dialect: MmeDialect): 'yes' | 'no' | undefined {
  if (dialect === 'vlmevalkit') return parseYesNoWords(text);
  const lower = text.toLowerCase();
  if (dialect === 'official') return yesNoAtStart(lower);
  const plain = lower.trim().replaceAll('.', '');
  return plain === 'y' ? 'yes' : plain === 'n' ? 'no' : yesNoAtStart(plain);
}

function yesNoAtStart(text: string): 'yes' | 'no' | undefined {
  // Python counts code points.
  const start = [...text.slice(0, 2 * LOOKED_AT)].slice(0, LOOKED_AT).join('');
  return start.includes('yes') ? 'yes' : start.includes('no') ? 'no' : undefined;
}
