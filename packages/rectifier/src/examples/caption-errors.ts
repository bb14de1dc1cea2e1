import {
  contraryValues,
  type Issue,
  namesSeveral,
  PHOTO_ATTRIBUTES,
  type PhotoFacts,
  photoAttributeOf,
  pluralOf,
  RELATION_SWAPS,
  withArticle,
} from '@fgam/data';
import { NUMBER_WORDS } from '../claims/number-words.js';
import { reviseFeedback } from '../feedback/format-feedback.js';
import { absentNames } from './absent-names.js';
import type { InjectedError } from './inject-errors.js';

/** Words that are no thing: what stands before them is no attribute of theirs, nor their number. */
const JOINING =
  /^(?:and|or|of|in|on|at|to|with|by|for|is|are|the|an?|that|who|while|from|into|near|next|as|it|its|his|her|their)$/;

/** A stretch of a caption, what stands there instead, and what is wrong then. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly issue: Issue;
}

/**
 * A photo's caption with one error of a known kind, for each that its annotation shows to be one:
 *
 * - `object`: a thing that the image has, by another name that neither its regions nor any of its texts have;
 * - `attribute`: a colour or pattern by one that excludes it and that no text of the image has;
 * - `relation`: a place (`in front of`) by its opposite;
 * - `count`: a number of things by another; where every thing of the name is annotated, their number has to
 *   agree with the caption and not with the error.
 *
 * @param names - those that may stand in for others
 */
export function captionErrors(facts: PhotoFacts, names: readonly string[]): InjectedError[] {
  const { caption } = facts.sample;
  if (caption === undefined) return [];
  const words = [...caption.matchAll(/[\p{L}\p{N}'-]+/gu)].map((match) => ({
    text: match[0].toLowerCase(),
    from: match.index,
    to: match.index + match[0].length,
  }));
  return words.flatMap((_, at) =>
    [
      ...objectChanges(facts, words, at, names),
      ...attributeChanges(facts, words, at),
      ...relationChanges(words, at),
      ...countChanges(facts, words, at),
    ].map(({ from, to, text, issue }) => {
      const first = caption.charAt(from);
      const isCapital = first !== first.toLowerCase();
      const put = isCapital ? text.charAt(0).toUpperCase() + text.slice(1) : text;
      const response = caption.slice(0, from) + put + caption.slice(to);
      return { response, feedback: reviseFeedback([issue], { response }) };
    }),
  );
}

interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

function objectChanges(
  facts: PhotoFacts,
  words: readonly Word[],
  at: number,
  names: readonly string[],
): Change[] {
  const others = absentNames(facts, names);
  return [...facts.byName.keys()].flatMap((name) =>
    [name, pluralOf(name)].flatMap((form): Change[] => {
      const length = form.split(' ').length;
      const part = words.slice(at, at + length);
      if (namesSeveral(name) || part.map(({ text }) => text).join(' ') !== form) return [];
      const before = words[at - 1];
      const last = part.at(-1);
      const [first] = part;
      if (!first || !last) return [];
      const hasArticle = before !== undefined && /^an?$/.test(before.text);
      const from = hasArticle ? before.from : first.from;
      return others.map((other) => {
        const noun = form === name ? other : pluralOf(other);
        const text = hasArticle ? withArticle(noun) : noun;
        const correction = hasArticle ? withArticle(form) : form;
        return { from, to: last.to, text, issue: { kind: 'object', claim: text, correction } };
      });
    }),
  );
}

function attributeChanges({ said }: PhotoFacts, words: readonly Word[], at: number): Change[] {
  const [word, next, before] = [words[at], words[at + 1], words[at - 1]];
  const attribute = word && photoAttributeOf(word.text);
  // Materials are names of things as often as not (a glass of wine).
  if (!word || !next || !attribute || attribute === 'material' || JOINING.test(next.text)) return [];
  const own = PHOTO_ATTRIBUTES[attribute].filter((value) => said.includes(` ${value} `));
  const hasArticle = before !== undefined && /^an?$/.test(before.text);
  return contraryValues(attribute, own).map((value) => {
    const text = hasArticle ? withArticle(value) : value;
    return {
      from: hasArticle ? before.from : word.from,
      to: word.to,
      text,
      issue: { kind: 'attribute', claim: `${value} ${next.text}`, correction: `${word.text} ${next.text}` },
    };
  });
}

function relationChanges(words: readonly Word[], at: number): Change[] {
  return Object.values(RELATION_SWAPS).flatMap((phrases) =>
    phrases.flatMap((phrase): Change[] => {
      const length = phrase.split(' ').length;
      const part = words.slice(at, at + length);
      const [first, last] = [part[0], part.at(-1)];
      const after = words.slice(at + length, at + length + 3).map(({ text }) => text);
      if (!first || !last || after.length === 0 || part.map(({ text }) => text).join(' ') !== phrase)
        return [];
      return phrases
        .filter((other) => other !== phrase)
        .map((other) => ({
          from: first.from,
          to: last.to,
          text: other,
          issue: {
            kind: 'relation',
            claim: [other, ...after].join(' '),
            correction: [phrase, ...after].join(' '),
          },
        }));
    }),
  );
}

function countChanges(
  { byName, isIncomplete, isExhaustive, said }: PhotoFacts,
  words: readonly Word[],
  at: number,
): Change[] {
  const word = words[at];
  const count = word === undefined ? -1 : NUMBER_WORDS.indexOf(word.text);
  const rest = words.slice(at + 1, at + 3);
  const end = rest.findIndex(({ text }) => JOINING.test(text));
  const nouns = end < 0 ? rest : rest.slice(0, end);
  const counted = nouns.find(
    ({ text }) => /[^s]s$/.test(text) || ['people', 'men', 'women', 'children'].includes(text),
  );
  if (!word || count < 2 || !counted) return [];
  const noun = words
    .slice(at + 1, words.indexOf(counted) + 1)
    .map(({ text }) => text)
    .join(' ');
  const name = [...byName.keys()].find((each) => pluralOf(each) === counted.text);
  const annotated =
    name !== undefined && isExhaustive && !isIncomplete(name) ? byName.get(name)?.length : undefined;
  // Where caption and boxes disagree neither is known to be right.
  if (annotated !== undefined && annotated !== count) return [];
  return [count - 1, count + 1, count + 2]
    .filter((other) => other >= 2 && other < NUMBER_WORDS.length)
    .map((other) => NUMBER_WORDS[other] ?? '')
    .filter((other) => !said.includes(` ${other} ${noun} `))
    .map((other) => ({
      from: word.from,
      to: word.to,
      text: other,
      issue: { kind: 'count', claim: `${other} ${noun}`, correction: `${word.text} ${noun}` },
    }));
}
