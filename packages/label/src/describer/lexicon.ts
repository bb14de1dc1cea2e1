/** Words that exclude each other: each with the number of its group; the words of a group name one thing. */
export type ExclusiveSet = ReadonlyMap<string, number>;

function exclusive(groups: readonly (readonly string[])[]): ExclusiveSet {
  return new Map(groups.flatMap((group, index) => group.map((word): [string, number] => [word, index])));
}

/** Colours. Words of one group pass for each other; neighbours that people mix up share a group. */
export const COLOUR_GROUPS = exclusive([
  ['red', 'crimson', 'scarlet', 'maroon'],
  ['orange'],
  ['yellow', 'golden', 'gold', 'blond', 'blonde'],
  ['green', 'olive'],
  ['blue', 'navy', 'teal', 'turquoise', 'cyan'],
  ['purple', 'violet'],
  ['pink', 'magenta'],
  ['brown', 'tan', 'beige'],
  ['black'],
  ['white', 'cream'],
  ['grey', 'gray', 'silver'],
]);

/** Other attributes that exclude each other, set by set. */
export const ATTRIBUTE_SETS: readonly ExclusiveSet[] = (
  [
    [
      ['small', 'little', 'tiny'],
      ['large', 'big', 'huge', 'giant'],
    ],
    [['striped'], ['dotted', 'spotted'], ['plain', 'solid'], ['checkered', 'plaid']],
    [
      ['wooden', 'wood'],
      ['metal', 'metallic', 'steel'],
      ['plastic'],
      ['glass'],
      ['stone', 'brick', 'concrete'],
      ['leather'],
    ],
    [['open'], ['closed', 'shut']],
    [['empty'], ['full']],
    [['wet'], ['dry']],
    [['old'], ['young', 'new']],
    [['standing'], ['sitting', 'seated'], ['lying']],
  ] satisfies readonly (readonly string[])[][]
).map(exclusive);

/** Categories of COCO and scenes that a text may take one for the other, with the words that people call them by. */
export const CATEGORY_GROUPS = exclusive([
  ['person', 'people', 'man', 'men', 'woman', 'women', 'boy', 'girl', 'child', 'children', 'player'],
  ['bicycle', 'bike'],
  ['car'],
  ['motorcycle', 'motorbike'],
  ['airplane', 'aeroplane', 'plane', 'aircraft', 'jet'],
  ['bus', 'buses'],
  ['train'],
  ['truck', 'lorry'],
  ['boat', 'ship'],
  ['bench', 'benches'],
  ['bird'],
  ['cat', 'kitten'],
  ['dog', 'puppy'],
  ['horse', 'pony'],
  ['sheep', 'lamb'],
  ['cow', 'bull', 'calf'],
  ['elephant'],
  ['bear'],
  ['zebra'],
  ['giraffe'],
  ['umbrella', 'parasol'],
  ['suitcase', 'luggage'],
  ['kite'],
  ['skateboard'],
  ['surfboard'],
  ['bottle'],
  ['cup', 'mug'],
  ['fork'],
  ['knife', 'knives'],
  ['spoon'],
  ['bowl'],
  ['banana'],
  ['apple'],
  ['sandwich', 'sandwiches'],
  ['broccoli'],
  ['carrot'],
  ['pizza'],
  ['donut', 'doughnut'],
  ['cake'],
  ['chair'],
  ['couch', 'couches', 'sofa'],
  ['bed'],
  ['toilet'],
  ['tv', 'television'],
  ['laptop'],
  ['oven'],
  ['refrigerator', 'fridge'],
  ['book'],
  ['clock'],
  ['vase'],
  ['circle'],
  ['square'],
  ['triangle'],
  ['cross', 'crosses'],
]);

/** The words of a text: lower case, letters and digits alone, hyphens taken apart. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

/** The number of the group that a word names, in its plural too. */
export function groupOf(set: ExclusiveSet, word: string): number | undefined {
  return set.get(word) ?? (word.endsWith('s') ? set.get(word.slice(0, -1)) : undefined);
}
