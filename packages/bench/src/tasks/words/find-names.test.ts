import { expect, test } from 'vitest';
import { createNameFinder } from './find-names.js';

test('finds names and their plurals, the longest at each word', () => {
  const find = createNameFinder(
    new Map([
      ...['dog', 'hot dog', 'person', 'wine glass', 'knife'].map((name) => [name, name] as const),
      ['puppy', 'dog'],
    ]),
  );
  expect(find('Two Hot-Dogs, a dog; puppies and people.')).toEqual(['hot dog', 'dog', 'dog', 'person']);
  expect(find('wine glasses by the glass, knives, a dogma')).toEqual(['wine glass', 'knife']);
  for (const names of [
    ['glasses', 'glass'],
    ['glass', 'glasses'],
  ]) {
    const apart = createNameFinder(new Map(names.map((name) => [name, name])));
    expect(apart('glasses and a glass')).toEqual(['glasses', 'glass']);
  }
  expect(find('')).toEqual([]);
  expect(createNameFinder(new Map())('dog')).toEqual([]);
});
