import { splitWords, stripText } from '../answers/python-text.js';
import { CONTRACTIONS } from './contractions.js';

const PUNCTUATION = [...';/[]"{}()=+\\_-><@`,?!'];
const ANY_PUNCTUATION = /[;/[\]"{}()=+\\_\-><@`,?!.]/;
const NUMBER_WORDS: ReadonlyMap<string, string> = new Map(
  ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map(
    (word, number) => [word, String(number)],
  ),
).set('none', '0');
const ARTICLES = new Set(['a', 'an', 'the']);

/**
 * How many periods are taken out: the official script hands Python's `re.UNICODE` (32) to a compiled
 * pattern's `sub`, whose third parameter is a count. The pattern's look-behind is misspelt and does nothing.
 */
const PERIODS = 32;

/** A comma between digits: the VQA and VizWiz scripts look for one, the TextVQA evaluator (m4c) for one or several. */
const DIGIT_COMMA = { one: /\p{Nd},\p{Nd}/u, several: /\p{Nd},+(?=\p{Nd})/u };

/** A text on one line, without the white space around it: what is done to answers before anything else. */
export function oneLine(text: string): string {
  return stripText(text.replace(/[\n\t]/g, ' '));
}

/**
 * The VQA rule for punctuation: a mark goes without a trace where it stands beside a blank anywhere, or
 * where the text has a comma between digits; else it becomes a blank. Then periods that no digit
 * follows go, the first 32.
 */
export function processPunctuation(text: string, comma: keyof typeof DIGIT_COMMA = 'one'): string {
  if (!ANY_PUNCTUATION.test(text)) return text;
  const hasNumber = text.includes(',') && DIGIT_COMMA[comma].test(text);
  let marked = text;
  for (const mark of PUNCTUATION) {
    if (!marked.includes(mark)) continue;
    const goes = hasNumber || text.includes(`${mark} `) || text.includes(` ${mark}`);
    marked = marked.replaceAll(mark, goes ? '' : ' ');
  }
  let left = PERIODS;
  return marked.replace(/\.(?!\p{Nd})/gu, (period) => (left-- > 0 ? '' : period));
}

/** The VQA rule for words: lower case, number words as digits, no articles, contractions mended, single blanks. */
export function processWords(text: string): string {
  return splitWords(text.toLowerCase())
    .map((word) => NUMBER_WORDS.get(word) ?? word)
    .filter((word) => !ARTICLES.has(word))
    .map((word) => CONTRACTIONS.get(word) ?? word)
    .join(' ');
}

/** Punctuation, then words: the rule of the VQA and VizWiz scripts. */
export function normaliseAnswer(text: string, comma: keyof typeof DIGIT_COMMA = 'one'): string {
  return processWords(processPunctuation(text, comma));
}

/**
 * The rule of TextVQA's evaluator (m4c, which LLaVA and lmms-eval share): commas and question marks go and
 * `'s` becomes a word of its own before the VQA rules.
 */
export function normaliseToken(text: string): string {
  const words = text.toLowerCase().replaceAll(',', '').replaceAll('?', '').replaceAll("'s", " 's");
  return normaliseAnswer(oneLine(stripText(words)), 'several');
}

/** A function of texts that computes each text once: answers repeat. */
export function remember(normalise: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = normalise(text);
    known.set(text, result);
    return result;
  };
}
