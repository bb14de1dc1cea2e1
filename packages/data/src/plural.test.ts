import { describe, expect, it } from 'vitest';
import { namesSeveral, pluralOf } from './plural.js';

describe('pluralOf', () => {
  it.each([
    'dog dogs|dining table dining tables|bus buses|wine glass wine glasses|sandwich sandwiches|box boxes|toothbrush toothbrushes',
    'teddy teddies|toy toys|potato potatoes|piano pianos|photo photos',
    'person people|man men|woman women|policeman policemen|passerby passersby|quiz quizzes|baby babies|fireman firemen|snowman snowmen|child children|human humans|german germans',
    'mouse mice|goose geese|mongoose mongooses|foot feet|tooth teeth|ox oxen|fox foxes',
    'sheep sheep|deer deer|fish fish|goldfish goldfish|scissors scissors|skis skis|sunglasses sunglasses',
    'knife knives|wife wives|leaf leaves|loaf loaves|shelf shelves|bookshelf bookshelves|wolf wolves|calf calves|scarf scarves|half halves',
    'chief chiefs|handkerchief handkerchiefs|roof roofs|reef reefs|giraffe giraffes|cafe cafes|safe safes|surf surfs|golf golfs',
  ])('%s', (line) => {
    for (const pair of line.split('|')) {
      const words = pair.split(' ');
      const [one, many] = [words.slice(0, words.length / 2), words.slice(words.length / 2)];
      expect(pluralOf(one.join(' '))).toBe(many.join(' '));
    }
  });
});

describe('namesSeveral', () => {
  it.each(['trees', 'scissors', 'skis', 'people', 'two policemen', 'geese', 'mice'])('%s', (name) =>
    expect(namesSeveral(name)).toBe(true),
  );
  it.each(['tree', 'bus', 'glass', 'man', 'specimen', 'ramen', 'goose'])('not %s', (name) =>
    expect(namesSeveral(name)).toBe(false),
  );
});
