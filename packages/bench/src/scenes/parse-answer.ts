/** A text as answers are compared: lower case, words alone (`<loc_3>` is a word), single spaces. */
export function normaliseAnswer(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}<>_]+/gu, ' ')
    .trim();
}

/** The `yes` or `no` that an answer begins with; undefined where it begins with another word. */
export function parseYesNo(text: string): 'yes' | 'no' | undefined {
  const [first] = normaliseAnswer(text).split(' ');
  return first === 'yes' || first === 'no' ? first : undefined;
}
