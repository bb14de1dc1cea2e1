import { expect, it } from 'vitest';
import {
  attributePhrase,
  clausePhrase,
  contentsPhrase,
  countPhrase,
  existencePhrase,
  noFurtherPhrase,
  nearestPhrase,
  placePhrase,
  statedRelation,
} from './phrases.js';

it('writes facts as sentences', () => {
  expect(existencePhrase('orange circle', true)).toBe('there is an orange circle');
  expect(existencePhrase('red circle', false)).toBe('there is no red circle');
  expect(noFurtherPhrase('red circle')).toBe('there is no further red circle');
  const related = { subject: 'red circle', relation: 'overlaps', object: 'blue square' } as const;
  expect(statedRelation(related)).toBe('the red circle is overlapping the blue square');
  expect(statedRelation(related, false)).toBe('the red circle is not overlapping the blue square');
  const beside = { relation: 'left-of', reference: 'cat' } as const;
  expect([0, 1, 2].map((count) => countPhrase(count, beside))).toEqual([
    '0 shapes are left of the cat',
    '1 shape is left of the cat',
    '2 shapes are left of the cat',
  ]);
  expect(attributePhrase('red circle', 'small')).toBe('the red circle is small');
  expect(nearestPhrase('blue')).toBe('the nearest shape is blue');
  expect(clausePhrase('a red circle at the top')).toBe('there is a red circle at the top');
  expect(contentsPhrase('a red circle', 'top')).toBe('there is a red circle at the top');
  expect(placePhrase('red circle', 'the top left')).toBe('the red circle is at the top left');
});
