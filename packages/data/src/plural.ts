import { isPlural } from './with-article.js';

/** Words that are the same in the plural, or have no singular. */
const UNCHANGED =
  /(?:sheep|deer|fish|moose|bison|aircraft|spacecraft|series|species|scissors|skis|glasses|goggles|binoculars|headphones|pants|jeans|shorts|trousers|pliers|tongs|clothes)$/;

/** What becomes of a word's end, by the first that fits; compounds (`policeman`, `bookshelf`) go as their last part. */
const ENDINGS: readonly (readonly [end: RegExp, plural: string])[] = [
  [/person$/, 'people'],
  // Humans, Germans and shamans are no men.
  [/(?<!hu|^ger|^ro|^nor|^otto|^talis|^sha|^ca[iy]|^brah)man$/, 'men'],
  [/child$/, 'children'],
  [/mouse$/, 'mice'],
  [/(?<!mon)goose$/, 'geese'],
  [/foot$/, 'feet'],
  [/tooth$/, 'teeth'],
  [/^ox$/, 'oxen'],
  [/^passerby$/, 'passersby'],
  [/(?<=qui)z$/, 'zzes'],
  [/(?<=cal|el|hal|hoo|lea|loa|scar|shea|thie|whar|wol)f$/, 'ves'],
  [/(?<=kni|li|wi)fe$/, 'ves'],
  [/(?<=^her|buffal|mosquit|potat|tomat)o$/, 'oes'],
  [/(?<=[^aeiou])y$/, 'ies'],
  [/(?<=s|x|z|ch|sh)$/, 'es'],
  [/$/, 's'],
];

/** Plurals of the list above that do not end in `s`. Specimens and omens are no men. */
const PLURALS =
  /(?:people|children|mice|geese|feet|teeth|oxen|(?<!^o|^ra|^se|^sta|speci|abdo|regi|cycla)men)$/;

/**
 * The plural of an English name, by its last word, rules and a list: `wine glass` gives `wine glasses`,
 * `policeman` gives `policemen`.
 *
 * @example
 * ```ts
 * import { pluralOf } from '@fgam/data';
 * const several = ['wine glass', 'policeman', 'knife', 'human', 'sheep'].map(pluralOf);
 * if (several.join() !== 'wine glasses,policemen,knives,humans,sheep') throw new Error(several.join());
 * ```
 */
export function pluralOf(name: string): string {
  const [, before = '', last = ''] = /^(.*\s)?(\S+)$/.exec(name.trim()) ?? [];
  if (UNCHANGED.test(last)) return before + last;
  const [end, plural] = ENDINGS.find(([ending]) => ending.test(last)) ?? [/$/, 's'];
  return before + last.replace(end, plural);
}

/**
 * Whether a name stands for several things, or for a pair: `trees`, `people`, `scissors`.
 *
 * @example
 * ```ts
 * import { namesSeveral } from '@fgam/data';
 * const names = ['trees', 'people', 'scissors', 'tree', 'bus', 'glass'];
 * const several = names.filter(namesSeveral);
 * // A bus and a glass are one, though they end in `s`.
 * if (several.join() !== 'trees,people,scissors') throw new Error(several.join());
 * ```
 */
export function namesSeveral(name: string): boolean {
  return isPlural(name) || PLURALS.test(name.trim().split(' ').at(-1) ?? '');
}
