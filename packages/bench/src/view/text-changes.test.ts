import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textChanges } from './text-changes.js';

test('names the word that became another', () => {
  expect(textChanges('a red cup', 'a blue cup')).toEqual([
    { kind: 'same', text: 'a ' },
    { kind: 'removed', text: 'red' },
    { kind: 'added', text: 'blue' },
    { kind: 'same', text: ' cup' },
  ]);
});

test('its pieces make up both texts, also where the texts have nothing in common', () => {
  const joined = (changes: ReturnType<typeof textChanges>, left: string) =>
    changes.flatMap(({ kind, text }) => (kind === left ? [] : [text])).join('');
  const holds = (before: string, after: string): void => {
    const changes = textChanges(before, after);
    expect(joined(changes, 'added')).toBe(before);
    expect(joined(changes, 'removed')).toBe(after);
  };
  fc.assert(fc.property(fc.string(), fc.string(), holds));
  const words = (letter: string) => Array.from({ length: 1000 }, (_, index) => `${letter}${index}`).join(' ');
  holds(words('a'), words('b'));
  expect(textChanges(words('a'), words('b'))).toHaveLength(2);
});
