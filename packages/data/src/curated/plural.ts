import { isPlural } from '../with-article.js';

const IRREGULAR: Readonly<Record<string, string>> = {
  person: 'people',
  man: 'men',
  woman: 'women',
  child: 'children',
  mouse: 'mice',
  foot: 'feet',
  tooth: 'teeth',
  sheep: 'sheep',
  deer: 'deer',
};
const PLURALS = new Set(Object.values(IRREGULAR).filter((plural) => plural !== 'sheep' && plural !== 'deer'));

/** The plural of an English name, by its last word: `wine glass` gives `wine glasses`, `person` gives `people`. */
export function pluralOf(name: string): string {
  const [, before = '', last = ''] = /^(.* )?(\S+)$/.exec(name.trim()) ?? [];
  const irregular = IRREGULAR[last];
  if (irregular !== undefined) return before + irregular;
  if (/(?:[^f]fe|[lr]f|eaf|hief)$/.test(last)) return before + last.replace(/fe?$/, 'ves');
  if (/(?:s|x|z|ch|sh)$/.test(last)) return `${before}${last}es`;
  if (/[^aeiou]y$/.test(last)) return `${before}${last.slice(0, -1)}ies`;
  if (/(?:tomat|potat)o$/.test(last)) return `${before}${last}es`;
  return `${before}${last}s`;
}

/** Whether a name stands for several things, or for a pair: `trees`, `people`, `scissors`. */
export function namesSeveral(name: string): boolean {
  return isPlural(name) || PLURALS.has(name.trim().split(' ').at(-1) ?? '');
}
