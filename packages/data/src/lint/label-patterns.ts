import type { Region, RegionSample } from '../records.js';
import { COCO_NAMES } from './coco-names.js';
import { escapePattern } from './escape-pattern.js';
import { pluralOf } from '../plural.js';

/** A label of a sample, its regions, and the patterns of its name: compiled once a sample, for all of its texts. */
export interface LabelPatterns {
  /** In lower case, words one space apart. */
  readonly label: string;
  readonly regions: readonly Region[];
  /** Finds the name in the singular. */
  readonly name: RegExp;
  /** Finds a number of the things, see `NUMBER`. */
  readonly count: RegExp;
}

/** Numbers in words, each at its value. */
export const NUMBER_WORDS: readonly string[] = [
  ...['zero', 'one', 'two', 'three', 'four', 'five'],
  ...['six', 'seven', 'eight', 'nine', 'ten'],
];

/** Borders of words in any script; a part of a hyphened word is no word, and `man's` is not the man. */
const START = '(?<![\\p{L}\\p{N}_-])';
const END = "(?![\\p{L}\\p{N}_-]|['’] ?\\p{L})";

const SMALL = NUMBER_WORDS.slice(2).join('|');
/** Words after which a number is a bound, a guess, a choice or denied. */
const HEDGE = `(?:than|at least|at most|up to|as many as|about|around|almost|nearly|approximately|roughly|over|under|maybe|perhaps|possibly|not|no|never|or|number|(?:${NUMBER_WORDS.join('|')}|\\d+) (?:to|and))`;
const LIMIT = '(?:exactly |only |there are )';
/** Words that take a number for themselves: `8 year old boys`, `two tier cakes`. */
const MEASURE =
  'year|month|week|day|hour|minute|inch|foot|ft|meter|metre|mile|pound|kg|dollar|cent|euro|percent|tier|tiered|layer|layered|level|story|storey|floor|door|seat|seater|wheel|wheeled|way|lane|piece|person|man|star|speed|color|colour|tone|toned|deck|decker|slice|leg|legged|sided|part|pack|pair|stack|group|dozen|hundred|thousand|million';
/**
 * Words between a number and a noun after which the noun is another thing:
 * `two plates with dogs`, `two men walking dogs`.
 */
const OTHER_NOUN =
  'of|and|or|with|in|on|at|by|for|from|to|near|are|have|people|men|women|children|mice|geese|feet|teeth|sheep|fish|deer|[\\p{L}-]*[^su]s';
/** What limits the number, the number, up to two words; the plural follows. */
const NUMBER =
  `(?<![\\p{L}\\p{N}_.,:/$€£#-])(?<!${START}${HEDGE} ${LIMIT}?)(${LIMIT})?(${SMALL}|[2-9]|[1-9]\\d) ` +
  `(?:(?!(?:${MEASURE}|${OTHER_NOUN}) )[\\p{L}-]+ ){0,2}?`;

/** Labels and their patterns. A label without letters or digits has none. */
export function labelPatterns({ regions }: RegionSample): LabelPatterns[] {
  const byLabel = new Map<string, Region[]>();
  for (const region of regions) {
    const label = region.label.trim().toLowerCase().replaceAll(/\s+/g, ' ');
    if (!/[\p{L}\p{N}]/u.test(label)) continue;
    const same = byLabel.get(label);
    if (same === undefined) byLabel.set(label, [region]);
    else same.push(region);
  }
  const known = new Set([...byLabel.keys(), ...COCO_NAMES]);
  return [...byLabel].map(([label, own]) => {
    const longer = [...known].filter((other) => other !== label && ` ${other} `.includes(` ${label} `));
    return {
      label,
      regions: own,
      name: new RegExp(nounPattern(label, label, longer), 'giu'),
      count: new RegExp(NUMBER + nounPattern(pluralOf(label), label, longer), 'giu'),
    };
  });
}

/** The noun where it is no part of a longer known label: the longest wins, so that `hot dogs` are no dogs. */
function nounPattern(noun: string, label: string, longer: readonly string[]): string {
  const parts = longer.map((other) => {
    const at = ` ${other} `.indexOf(` ${label} `);
    const [before, after] = [other.slice(0, at), other.slice(at + label.length)].map(escapePattern);
    return `(?!(?<=${START}${before})${escapePattern(noun)}${after}${END})`;
  });
  return `${START}${parts.join('')}${escapePattern(noun)}${END}`;
}
