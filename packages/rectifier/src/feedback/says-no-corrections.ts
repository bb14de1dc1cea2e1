/** The phrase of an acceptance as critics spell it. */
const PHRASE = '(?:there are )?no further corrections?(?: are| is)? needed';

const THING =
  '(?:all of it|all|everything|that|(?:all )?(?:the|this|your|these) ' +
  '(?:(?:revised|corrected|current|final) )?' +
  '(?:answer|response|caption|description|revision|claims|statements|details))';
const IS = `(?:'s| is| are| looks?| seems?)(?: (?:now|all|already|completely|fully|entirely|indeed))*`;
const FINE = '(?:correct|accurate|fine|good|perfect|ok|okay|consistent with the image)';
const RIGHT = `(?:right|${FINE})`;
const SHOWN = '(?:matches|match|agrees with|agree with|fits|fit) the (?:image|picture|photo)';

/**
 * All that may stand beside the phrase. `yes`, `right` and `it is right` are not among it: they may be what the
 * answer should have been.
 */
const AGREEMENTS = [
  `${THING}(?:${IS} ${RIGHT}(?: and ${RIGHT})?| ${SHOWN})(?: now| as it is| to me)?`,
  `(?:it|this)(?:${IS} ${FINE}(?: and ${FINE})?| ${SHOWN})(?: now| as it is| to me)?`,
  `(?:looks?|seems?|all|very) ${RIGHT}(?: now| to me)?`,
  FINE,
  'well done|good job|good work|great|thanks|thank you|agreed|i agree',
];

const SEPARATOR = String.raw`\s.,!:;\u2013\u2014-`;
const STATEMENT = new RegExp(
  `[${SEPARATOR}]*(?:(?:and|so|thus|therefore|feedback ?:|verdict ?:)[${SEPARATOR}]+)*` +
    `(?:(${PHRASE})|${AGREEMENTS.join('|')})(?=[${SEPARATOR}]|$)`,
  'y',
);
const END = new RegExp(`^[${SEPARATOR}]*$`);
/** Markdown, quotation marks, brackets and ticks; not the apostrophe of a word. */
const DRESS =
  /[*_`~#>"()[\]{}\u00ab\u00bb\u201c-\u201f\u2039\u203a\u2713\u2714\u2705\ufe0f]|(?<!\w)'|'(?!\w)/g;

/**
 * Whether a text says that no further corrections are needed, and nothing that could be a correction.
 *
 * The phrase is `no further corrections needed`, also with `are` or of one correction, in any case, spacing
 * and punctuation but a question's. Markdown, quotation marks and brackets do not count. Beside it there may
 * be nothing but statements of agreement of a closed list (`looks right`, `the answer is correct`,
 * `all of it matches the image`, `well done`), before or after it, in sentences or lines of their own. Any
 * other word makes it false (`..., but the dog is a cat`), and so does a text without the phrase.
 */
export function saysNoCorrections(text: string): boolean {
  const said = text
    .replace(/[\u2018\u2019]/g, "'")
    .replace(DRESS, ' ')
    .toLowerCase()
    .trim()
    .replace(/\s+/g, ' ');
  let [at, isSaid] = [0, false];
  for (;;) {
    STATEMENT.lastIndex = at;
    const found = STATEMENT.exec(said);
    if (found === null) return isSaid && END.test(said.slice(at));
    at = STATEMENT.lastIndex;
    isSaid ||= found[1] !== undefined;
  }
}
