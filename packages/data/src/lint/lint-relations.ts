import { boxCentre } from '../box.js';
import type { Region, RegionSample } from '../records.js';
import type { LintedText, LintFinding } from './lint-sample.js';

type Direction = 'left' | 'right' | 'above' | 'below';

/** How a text says that one thing lies to another; `on`, `over` and `under` are left out: they say what touches or covers. */
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
/** Words between a thing's name and the phrase: `the dog that is sitting quietly to the left of`. */
const MAY_LIE_BETWEEN = 4;
/** Centres closer than this share of the image's side say nothing. */
const CLEAR = 0.05;

/** Claims of a direction between two things that are one region each, whose boxes lie the other way round. */
export function lintRelations(sample: RegionSample, { text, region: id }: LintedText): LintFinding[] {
  const single = singleRegions(sample.regions);
  return [...text.matchAll(RELATION)].flatMap((match): LintFinding[] => {
    const direction = PHRASES.find(([phrase]) => phrase === match[0].toLowerCase())?.[1];
    const before = lastNamed(text.slice(0, match.index), single);
    const after = firstNamed(text.slice(match.index + match[0].length), single);
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
        sample: sample.id,
        ...(id === undefined ? {} : { region: id }),
        kind: 'relation',
        claim: `${before.words} ${match[0]} ${after.words}`,
        evidence: `the centre of the ${subject.label} is ${other} that of the ${object.label} by ${percent} % of the image`,
        regions: [subject.id, object.id],
      },
    ];
  });
}

/** Regions by their label, where it is that of no other. */
function singleRegions(regions: readonly Region[]): ReadonlyMap<string, Region> {
  const single = new Map<string, Region>();
  const several = new Set<string>();
  for (const region of regions) {
    const label = region.label.toLowerCase();
    if (single.has(label)) several.add(label);
    single.set(label, region);
  }
  for (const label of several) single.delete(label);
  return single;
}

/** A region and the words that name it. */
interface Named {
  readonly region: Region;
  readonly words: string;
}

/** The thing whose name stands last, close before the end and in the same clause. */
function lastNamed(text: string, regions: ReadonlyMap<string, Region>): Named | undefined {
  const clause = text.split(/[,.;:]|\b(?:and|with|while|but)\b/i).at(-1) ?? '';
  return named(clause, regions, ({ index, words }) => {
    const rest = clause.slice(index + words.length).trim();
    return rest === '' ? 0 : rest.split(/\s+/).length;
  });
}

/** The thing whose name stands first, close after the start and in the same clause. */
function firstNamed(text: string, regions: ReadonlyMap<string, Region>): Named | undefined {
  const clause = text.split(/[,.;:]|\b(?:and|with|while|but)\b/i)[0] ?? '';
  return named(clause, regions, ({ index }) => {
    const before = clause.slice(0, index).trim();
    return before === '' ? 0 : before.split(/\s+/).length;
  });
}

/** The nearest name of a single region, of equally near ones the longest; none further than a few words. */
function named(
  clause: string,
  regions: ReadonlyMap<string, Region>,
  distanceOf: (found: { readonly index: number; readonly words: string }) => number,
): Named | undefined {
  let best: (Named & { readonly distance: number }) | undefined;
  for (const [label, region] of regions) {
    for (const { index, 0: words } of clause.matchAll(wordsOf(label))) {
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

function wordsOf(label: string): RegExp {
  return new RegExp(`\\b${label.replaceAll(/[^\p{L}\p{N} ]/gu, '\\$&')}\\b`, 'giu');
}
