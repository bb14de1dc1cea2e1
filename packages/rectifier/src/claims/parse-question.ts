import { RELATION_PHRASES, type Relation, relationFromPhrase } from '@fgam/data';
import { LOCATION_PATTERN, toLocation } from './locations.js';
import { plainText } from './noun-phrase.js';

/** What a question asks for, with the phrases that it names (without articles). */
export type QuestionForm =
  | { readonly form: 'existence'; readonly subject: string }
  | {
      readonly form: 'spatial';
      readonly subject: string;
      readonly relation: Relation;
      readonly object: string;
    }
  | { readonly form: 'attribute'; readonly attribute: string; readonly subject: string }
  | { readonly form: 'grounding'; readonly subject: string }
  | { readonly form: 'nearest'; readonly attribute: string; readonly reference: string }
  | { readonly form: 'count'; readonly relation: Relation; readonly reference: string }
  | { readonly form: 'contents'; readonly location: string }
  | { readonly form: 'part'; readonly subject: string }
  | { readonly form: 'direction'; readonly subject: string; readonly object: string }
  | { readonly form: 'caption' };

const RELATION = Object.values(RELATION_PHRASES).join('|');
const SPATIAL = new RegExp(
  `^(?:is|are) (?:the |an? )?(.+?) (?:to the )?(${RELATION}) (?:of )?(?:the |an? )?(.+)$`,
);
const COUNT = new RegExp(
  `^how many (?:shapes|objects|things) are (?:to the )?(${RELATION}) (?:of )?(?:the |an? )?(.+)$`,
);
const EXISTENCE = /^(?:is|are) there (?:an? |any |the )?(.+)$/;
const NEAREST = /^what (\w+) is the (?:shape|object|thing) nearest to (?:the |an? )?(.+)$/;
const ATTRIBUTE = /^what (\w+) is (?:the |an? )?(.+)$/;
const CONTENTS = new RegExp(`^what is (?:at|in|on) the (${LOCATION_PATTERN})$`);
const PART = /^(?:which|what) part is (?:the |an? )?(.+?) in$/;
const DIRECTION = /^where is (?:the |an? )?(.+?) from (?:the |an? )?(.+)$/;
const GROUNDING = /^where is (?:the |an? )?(.+)$/;
const CAPTION = /^(?:please )?(?:describe|caption) (?:the|this) (?:image|picture|photo)\b/;

/**
 * Reads a question of the kinds of scenes, and POPE's `Is there a dog in the image?`; case, spacing and a
 * missing `?` do not matter. What follows the `?` (`Answer with yes or no.`) is passed over.
 *
 * @returns undefined for a question of another form
 * @example
 * ```ts
 * import { parseQuestion } from '@fgam/rectifier';
 *
 * const form = parseQuestion('Is the red circle left of the blue square?');
 * if (form?.form !== 'spatial' || form.relation !== 'left-of' || form.object !== 'blue square') throw new Error();
 * ```
 */
export function parseQuestion(question: string): QuestionForm | undefined {
  const text = withoutEnd(plainText(question).replace(/ \?(?: .*)?$/, '')).replace(
    / in (?:the|this) (?:image|picture|photo|scene)$/,
    '',
  );
  if (CAPTION.test(text)) return { form: 'caption' };
  const [, thing] = EXISTENCE.exec(text) ?? [];
  if (thing) return { form: 'existence', subject: thing };
  const [, subject, between, object] = SPATIAL.exec(text) ?? [];
  const relation = between && relationFromPhrase(between);
  if (subject && relation && object) return { form: 'spatial', subject, relation, object };
  const [, side, beside] = COUNT.exec(text) ?? [];
  const direction = side && relationFromPhrase(side);
  if (direction && beside) return { form: 'count', relation: direction, reference: beside };
  const [, wanted, near] = NEAREST.exec(text) ?? [];
  if (wanted && near) return { form: 'nearest', attribute: wanted, reference: near };
  const [, location] = CONTENTS.exec(text) ?? [];
  if (location) return { form: 'contents', location: toLocation(location) };
  const [, placed] = PART.exec(text) ?? [];
  if (placed) return { form: 'part', subject: placed };
  const [, from, to] = DIRECTION.exec(text) ?? [];
  if (from && to) return { form: 'direction', subject: from, object: to };
  const [, attribute, owner] = ATTRIBUTE.exec(text) ?? [];
  if (attribute && owner) return { form: 'attribute', attribute, subject: owner };
  const [, sought] = GROUNDING.exec(text) ?? [];
  return sought ? { form: 'grounding', subject: sought } : undefined;
}

/**
 * Whether a question asks for a caption, as `describe the image .` does.
 *
 * @example
 * ```ts
 * import { isCaptionQuestion } from '@fgam/rectifier';
 *
 * if (!isCaptionQuestion('Describe the image.') || isCaptionQuestion('is there a cat ?')) throw new Error();
 * ```
 */
export function isCaptionQuestion(question: string): boolean {
  return parseQuestion(question)?.form === 'caption';
}

/** Plain text without the full stops and exclamation marks at its end. */
function withoutEnd(text: string): string {
  const words = text.split(' ');
  while (words.at(-1) === '.' || words.at(-1) === '!') words.pop();
  return words.join(' ');
}
