import { expect, it } from 'vitest';
import { oppositePredicate, plainPredicate, relationOfPredicate } from './predicates.js';

it.each([
  ['to the left of', 'left-of'],
  ['are to the left of', 'left-of'],
  ['Is  to the right of', 'right-of'],
  ['on the right of', 'right-of'],
  ['at the left of', 'left-of'],
  ['is above', 'above'],
  ['are below', 'below'],
  ['overlapping', 'overlaps'],
  ['wearing', undefined],
  ['on', undefined],
])('the relation of %j is %s', (predicate, relation) => {
  expect(relationOfPredicate(predicate)).toBe(relation);
});

it.each([
  ['are standing in front of', 'in front of', 'behind'],
  ['sitting on', 'on', 'under'],
  ['is to the left of', 'left of', 'right of'],
])('%j is plainly %s, and %s is false then', (predicate, plain, opposite) => {
  expect(plainPredicate(predicate)).toBe(plain);
  expect(oppositePredicate(plain)).toBe(opposite);
});
