import { badRequest } from './proxy-error.js';

/** Levels of objects and lists; what is deeper could not be written again. */
const MOST_DEPTH = 100;

/** Commas and opening brackets. A conversation of some hundred turns with tools has a few thousand. */
const MOST_MARKS = 100_000;

const [QUOTE, BACKSLASH, COMMA] = ['"', '\\', ','].map((each) => each.charCodeAt(0));
const OPENING = new Set(['[', '{'].map((each) => each.charCodeAt(0)));
const CLOSING = new Set([']', '}'].map((each) => each.charCodeAt(0)));

/**
 * Refuses JSON that is too deep or of too many parts, by its marks outside of strings, in time linear in its
 * length. What is no JSON may pass.
 *
 * @throws ProxyError 400
 */
export function checkJsonSize(text: string): void {
  let [depth, marks] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (CLOSING.has(code)) depth -= 1;
    else if (code === COMMA || OPENING.has(code)) {
      marks += 1;
      if (code !== COMMA) depth += 1;
      if (depth > MOST_DEPTH) throw tooMuch(`${MOST_DEPTH} levels`);
      if (marks > MOST_MARKS) throw tooMuch(`${MOST_MARKS} commas and brackets`);
    }
  }
}

/** The place of the quotation mark that ends a string; the text's end where none does. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}

function tooMuch(most: string): Error {
  return badRequest(`expected JSON of ${most} at most`, null, 'invalid_json');
}
