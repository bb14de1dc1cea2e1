import { describe, expect, it } from 'vitest';
import { withArticle } from './with-article.js';

describe('withArticle', () => {
  it.each([
    ['apple', 'an apple'],
    ['red circle', 'a red circle'],
    ['umbrella', 'an umbrella'],
    ['uniform', 'a uniform'],
    ['union jack', 'a union jack'],
    ['unison', 'a unison'],
    ['unimportant sign', 'an unimportant sign'],
    ['urinal', 'a urinal'],
    ['eucalyptus', 'a eucalyptus'],
    ['one-way sign', 'a one-way sign'],
    ['onesie', 'a onesie'],
    ['urn', 'an urn'],
    ['egg', 'an egg'],
    ['hour glass', 'an hour glass'],
    ['house', 'a house'],
    ['bus', 'a bus'],
    ['wine glass', 'a wine glass'],
    ['skis', 'skis'],
    ['scissors', 'scissors'],
    ['the sky', 'the sky'],
  ])('%s -> %s', (noun, phrase) => expect(withArticle(noun)).toBe(phrase));
});
