const MARKS = [
  ';',
  '/',
  '[',
  ']',
  '"',
  '{',
  '}',
  '(',
  ')',
  '=',
  '+',
  '\\',
  '_',
  '-',
  '>',
  '<',
  '@',
  '`',
  ',',
  '?',
  '!',
];

/** Python's `re.UNICODE` is 32, and stands where the number of replacements goes. */
const MOST_PERIODS = 32;

/**
 * VLMEvalKit's reading of a yes/no answer: `yes` or `no` as a word of its own, and not the other.
 *
 * Punctuation goes as in the VQA code that VLMEvalKit took over: a mark with a space beside it somewhere is dropped, another one is a
 * space; all are dropped where a comma stands between digits; of the periods without a digit after them the first 32 go.
 */
export function parseYesNoWords(text: string): 'yes' | 'no' | undefined {
  const words = new Set(withoutPunctuation(text.toLowerCase()).split(/[\s\u001C-\u001F\u0085]+/u));
  const [yes, no] = [words.has('yes'), words.has('no')];
  return yes === no ? undefined : yes ? 'yes' : 'no';
}

function withoutPunctuation(text: string): string {
  const isNumber = /\p{Nd},\p{Nd}/u.test(text);
  let plain = text;
  for (const mark of MARKS) {
    const isDropped = isNumber || text.includes(`${mark} `) || text.includes(` ${mark}`);
    plain = plain.replaceAll(mark, isDropped ? '' : ' ');
  }
  let periods = 0;
  return plain.replace(/\.(?!\p{Nd})/gu, (period) => (periods++ < MOST_PERIODS ? '' : period));
}
