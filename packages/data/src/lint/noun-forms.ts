const IRREGULAR: Readonly<Record<string, string>> = {
  person: 'people',
  man: 'men',
  woman: 'women',
  child: 'children',
  mouse: 'mice',
  goose: 'geese',
  foot: 'feet',
  tooth: 'teeth',
  knife: 'knives',
  leaf: 'leaves',
  shelf: 'shelves',
  wolf: 'wolves',
  calf: 'calves',
  sheep: 'sheep',
  fish: 'fish',
  deer: 'deer',
  skis: 'skis',
  scissors: 'scissors',
};

/** A label's last word in the plural, the words before it as they are: `dining table` -> `dining tables`. English, by rule and a short list. */
export function pluralOf(label: string): string {
  const words = label.split(' ');
  const last = words.pop() ?? '';
  return [...words, IRREGULAR[last] ?? regularPlural(last)].join(' ');
}

function regularPlural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}
