/**
 * What Python's `str.split()` and `str.strip()` take for white space; JavaScript's `\s` lacks the five
 * separators below a blank and has U+FEFF.
 */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const IS_SPACE = new RegExp(`[${SPACE}]`);
const RUNS = new RegExp(`[${SPACE}]+`);

/** A text without the white space around it, as Python's `str.strip()`. */
export function stripText(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && IS_SPACE.test(text.charAt(start))) start += 1;
  while (end > start && IS_SPACE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** The words of a text, as Python's `str.split()`. */
export function splitWords(text: string): string[] {
  return stripText(text)
    .split(RUNS)
    .filter((word) => word !== '');
}
