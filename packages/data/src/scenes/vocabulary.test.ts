import { describe, expect, it } from 'vitest';
import { articleFor, categoryIdOf, KINDS, partnerOf, sceneWords } from './vocabulary.js';

describe('partnerOf', () => {
  it('pairs the 24 kinds: mutual, with another shape and another colour', () => {
    expect(KINDS).toHaveLength(24);
    for (const kind of KINDS) {
      const partner = partnerOf(kind);
      expect(partnerOf(partner)).toBe(kind);
      const [[colour, shape], [otherColour, otherShape]] = [kind.split(' '), partner.split(' ')];
      expect(otherColour).not.toBe(colour);
      expect(otherShape).not.toBe(shape);
    }
  });
});

describe('categoryIdOf', () => {
  it('gives each kind its own id, with gaps', () => {
    const ids = KINDS.map(categoryIdOf);
    expect(new Set(ids).size).toBe(24);
    expect([ids[0], ids[5], ids[6], ids[23]]).toEqual([1, 6, 9, 30]);
  });
});

describe('sceneWords', () => {
  it('holds each word once, and the parts of texts as words of their own', () => {
    const words = sceneWords();
    expect(new Set(words).size).toBe(words.length);
    expect(words).toEqual(expect.arrayContaining(['red', 'circle', 'left', 'of', '?', '.', ',', 'an']));
    expect(words.every((word) => /^\S+$/.test(word))).toBe(true);
  });
});

describe('articleFor', () => {
  it('asks the first letter', () => {
    expect([articleFor('orange circle'), articleFor('red circle')]).toEqual(['an', 'a']);
  });
});
