import { expect, test } from 'vitest';
import { groupBy } from './group-by.js';

test('groups and items stay in their order, many items of one key too', () => {
  const lengthOf = (word: string): string => String(word.length);
  expect(groupBy(['b', 'aa', 'a', 'bb'], lengthOf)).toEqual([
    ['b', 'a'],
    ['aa', 'bb'],
  ]);
  expect(groupBy([], lengthOf)).toEqual([]);
  const many = Array.from({ length: 200_000 }, (_, i) => String(i));
  // Copying a group for each of its items would take 2e10 steps.
  expect(groupBy(many, () => 'one')[0]).toEqual(many);
});
