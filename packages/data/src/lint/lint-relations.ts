import { boxCentre } from '../box.js';
import type { Region } from '../records.js';
import type { LabelPatterns } from './label-patterns.js';
import type { LintedText, LintFinding } from './lint-sample.js';

type Direction = 'left' | 'right' | 'above' | 'below';

/**
 * How a text says that one thing lies to another; `on`, `over` and `under` are left out: they
 * say what touches or covers.
 */
const PHRASES: readonly (readonly [phrase: string, direction: Direction])[] = [
  ['to the left of', 'left'],
  ['on the left of', 'left'],
  ['on the left side of', 'left'],
  ['left of', 'left'],
  ['to the right of', 'right'],
  ['on the right of', 'right'],
  ['on the right side of', 'right'],
  ['right of', 'right'],
  ['above', 'above'],
  ['below', 'below'],
  ['beneath', 'below'],
];

const RELATION = new RegExp(`\\b(?:${PHRASES.map(([phrase]) => phrase).join('|')})\\b`, 'gi');
/** A denied claim is none. */
const NEGATION = /\b(?:not|no|never|neither|nor|without|cannot)\b|n['’]t\b/i;
/** Words between a thing's name and the phrase: `the dog that is sitting quietly to the left of`. */
const MAY_LIE_BETWEEN = 4;
/** Where a clause ends. */
const CLAUSE = /[,.;:]|\b(?:and|with|while|but)\b/i;
/** Characters to either side of a phrase that are read: more than a clause has. */
const NEAR = 400;
/** Centres closer than this share of the image's side say nothing. */
const CLEAR = 0.05;

/** Claims of a direction between two things that are one region each, whose boxes lie the other way round. */
export function lintRelations(
  sample: string,
  { text, region: id }: LintedText,
  labels: readonly LabelPatterns[],
): LintFinding[] {
  return [...text.matchAll(RELATION)].flatMap((match): LintFinding[] => {
    const direction = PHRASES.find(([phrase]) => phrase === match[0].toLowerCase())?.[1];
    const [start, end] = [match.index, match.index + match[0].length];
    const head =
      text
        .slice(Math.max(0, start - NEAR), start)
        .split(CLAUSE)
        .at(-1) ?? '';
    const tail = text.slice(end, end + NEAR).split(CLAUSE)[0] ?? '';
    if (NEGATION.test(head) || NEGATION.test(tail)) return [];
    const before = lastNamed(head, labels);
    const after = firstNamed(tail, labels);
    if (direction === undefined || before === undefined || after === undefined) return [];
    const [subject, object] = [before.region, after.region];
    if (subject === object) return [];
    const [a, b] = [boxCentre(subject.box), boxCentre(object.box)];
    const ahead = { left: b.x - a.x, right: a.x - b.x, above: b.y - a.y, below: a.y - b.y }[direction];
    if (ahead > -CLEAR) return [];
    const percent = Math.round(-100 * ahead);
    const other = { left: 'right of', right: 'left of', above: 'below', below: 'above' }[direction];
    return [
      {
        sample,
        ...(id === undefined ? {} : { region: id }),
        kind: 'relation',
        claim: `${before.words} ${match[0]} ${after.words}`,
        evidence: `the centre of the ${subject.label} is ${other} that of the ${object.label} by ${percent} % of the image`,
        regions: [subject.id, object.id],
      },
    ];
  });
}

/** A region and the words that name it. */
interface Named {
  readonly region: Region;
  readonly words: string;
}

/** The thing whose name stands last, close before the end. */
function lastNamed(clause: string, labels: readonly LabelPatterns[]): Named | undefined {
  return named(clause, labels, ({ index, words }) => {
    const rest = clause.slice(index + words.length).trim();
    return rest === '' ? 0 : rest.split(/\s+/).length;
  });
}

/** The thing whose name stands first, close after the start. */
function firstNamed(clause: string, labels: readonly LabelPatterns[]): Named | undefined {
  return named(clause, labels, ({ index }) => {
    const before = clause.slice(0, index).trim();
    return before === '' ? 0 : before.split(/\s+/).length;
  });
}

/** The nearest name of a label's only region, of equally near ones the longest; none further than a few words. */
function named(
  clause: string,
  labels: readonly LabelPatterns[],
  distanceOf: (found: { readonly index: number; readonly words: string }) => number,
): Named | undefined {
  let best: (Named & { readonly distance: number }) | undefined;
  for (const { regions, name } of labels) {
    const [region, another] = regions;
    if (region === undefined || another !== undefined) continue;
    for (const { index, 0: words } of clause.matchAll(name)) {
      const distance = distanceOf({ index, words });
      if (distance > MAY_LIE_BETWEEN) continue;
      const isBetter =
        best === undefined ||
        distance < best.distance ||
        (distance === best.distance && words.length > best.words.length);
      if (isBetter) best = { region, words, distance };
    }
  }
  return best;
}
