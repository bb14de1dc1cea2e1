import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hardNegatives, RELATION_SWAPS, SCENE_SWAPS } from './hard-negatives.js';

describe('hardNegatives', () => {
  it('lists every single swap of a short description', () => {
    const vocabulary = { colour: ['red', 'orange'], object: ['dot', 'line', 'cross'] };
    expect(hardNegatives('a red dot', { vocabulary, count: 10 }).sort()).toEqual([
      'a red cross',
      'a red line',
      'an orange dot',
    ]);
  });

  it('takes the longest phrase: `top left` is one position', () => {
    const negatives = hardNegatives('a dot at the top left', {
      vocabulary: { position: ['top', 'left', 'top left'] },
    });
    expect(negatives.sort()).toEqual(['a dot at the left', 'a dot at the top']);
  });

  it('changes exactly one phrase, is distinct, and repeats by seed', () => {
    const any = (set: string) => fc.constantFrom(...(SCENE_SWAPS[set] ?? []));
    const description = fc
      .tuple(any('size'), any('colour'), any('object'), any('position'))
      .map(([size, colour, object, position]) => `a ${size} ${colour} ${object} at the ${position}`);
    fc.assert(
      fc.property(description, fc.nat(1000), fc.integer({ min: 0, max: 30 }), (text, seed, count) => {
        const negatives = hardNegatives(text, { seed, count });
        expect(negatives).toEqual(hardNegatives(text, { seed, count }));
        expect(new Set(negatives).size).toBe(negatives.length);
        // 1 size, 5 colours, 3 shapes, 8 positions
        expect(negatives).toHaveLength(Math.min(count, 17));
        const parts = (whole: string) => /^an? (\S+) (\S+) (\S+) at the (.+)$/.exec(whole)?.slice(1) ?? [];
        for (const negative of negatives)
          expect(parts(negative).filter((part, i) => part !== parts(text)[i])).toHaveLength(1);
      }),
    );
  });

  it('takes the sets in turn, so that few negatives still differ in kind', () => {
    const negatives = hardNegatives('a small red circle at the top left', { count: 4 });
    const changed = negatives.map((text) =>
      text.split(' ').findIndex((word, i) => word !== 'a small red circle at the top left'.split(' ')[i]),
    );
    expect(changed.filter((place) => place === 1)).toHaveLength(1);
    expect(changed.filter((place) => place === 2)).toHaveLength(1);
    expect(changed.filter((place) => place === 3)).toHaveLength(1);
  });

  it('has none for a text it does not know', () => {
    expect(hardNegatives('nothing known')).toEqual([]);
    expect(hardNegatives('')).toEqual([]);
  });

  it('takes nothing for wrong that the description or other truths say', () => {
    const vocabulary = { colour: ['red', 'white', 'Blue'] };
    const options = { vocabulary, count: 9 };
    expect(hardNegatives('a red and white sign', options).sort()).toEqual([
      'a Blue and white sign',
      'a red and Blue sign',
    ]);
    expect(hardNegatives('a red sign', { ...options, truths: ['a sign with white letters'] })).toEqual([
      'a Blue sign',
    ]);
    expect(hardNegatives('a red sign', { ...options, truths: ['white', 'blue paint'] })).toEqual([]);
  });

  it('exchanges phrases of one set on request, articles too', () => {
    const vocabulary = { ...RELATION_SWAPS, colour: ['orange', 'blue'] };
    const options = { vocabulary, count: 9, exchange: true };
    expect(hardNegatives('an orange cup left of a blue plate', options).sort()).toEqual([
      'a blue cup left of an orange plate',
      'an orange cup right of a blue plate',
    ]);
    expect(hardNegatives('a blue cup left of a blue plate', options)).toEqual(
      hardNegatives('a blue cup left of a blue plate', { vocabulary, count: 9 }),
    );
  });
});
