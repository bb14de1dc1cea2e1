import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoxUnit, RELATIONS } from './records.js';
import {
  inverseRelation,
  RELATION_PHRASES,
  relationBetween,
  relationFromPhrase,
  type RelationOptions,
} from './relation.js';

const square = { width: 100, height: 100 };

/** A 10 x 10 box around a centre, in percent. */
function around(x: number, y: number, side = 10): BoxUnit {
  return {
    x0: (x - side / 2) / 100,
    y0: (y - side / 2) / 100,
    x1: (x + side / 2) / 100,
    y1: (y + side / 2) / 100,
  };
}

const boxes = fc
  .tuple(...([0, 1, 2, 3] as const).map(() => fc.double({ min: 0, max: 1, noNaN: true })))
  .filter(([a, b, c, d]) => a !== c && b !== d)
  .map(
    ([a = 0, b = 0, c = 0, d = 0]): BoxUnit => ({
      x0: Math.min(a, c),
      y0: Math.min(b, d),
      x1: Math.max(a, c),
      y1: Math.max(b, d),
    }),
  );

describe('relationBetween', () => {
  it.each([
    ['left-of', around(20, 50), around(80, 52)],
    ['right-of', around(80, 50), around(20, 52)],
    ['above', around(50, 20), around(48, 80)],
    ['below', around(50, 80), around(48, 20)],
    ['contains', around(50, 50, 40), around(45, 55)],
    ['inside', around(45, 55), around(50, 50, 40)],
    // Shared 5 x 10 of 150: IoU 1/3.
    ['overlaps', around(50, 50), around(55, 50)],
  ] as const)('is %s', (relation, a, b) => {
    expect(relationBetween(a, b, square)).toBe(relation);
  });

  it('gives no direction where the axes differ by less than a fifth', () => {
    expect(relationBetween(around(20, 20), around(70, 61), square)).toBeNull(); // 50 and 41: 18 %
    expect(relationBetween(around(20, 20), around(70, 59), square)).toBe('left-of'); // 50 and 39: 22 %
    expect(relationBetween(around(20, 20), around(70, 61), square, { ambiguity: 0.1 })).toBe('left-of');
  });

  it('gives nothing for the same box without overlap, or coinciding centres', () => {
    const wide = { x0: 0.1, y0: 0.45, x1: 0.9, y1: 0.55 };
    const tall = { x0: 0.45, y0: 0.1, x1: 0.55, y1: 0.9 };
    expect(relationBetween(wide, tall, square)).toBeNull(); // a cross: IoU 0.067
    expect(relationBetween(wide, wide, square)).toBe('overlaps');
  });

  it('compares the axes in pixels', () => {
    const [a, b] = [around(20, 20), around(50, 60)];
    expect(relationBetween(a, b, square)).toBe('above');
    expect(relationBetween(a, b, { width: 200, height: 100 })).toBe('left-of');
  });

  it('overlaps from the threshold on', () => {
    // Shared 2 x 10 of 180: IoU 1/9.
    const [a, b] = [around(50, 50), around(58, 50)];
    expect(relationBetween(a, b, square)).toBe('overlaps');
    expect(relationBetween(a, b, square, { overlapIou: 0.12 })).toBe('left-of');
  });

  it('can mask what is far apart', () => {
    const [a, b] = [around(10, 50), around(90, 50)];
    // 80 of a diagonal of 141.
    expect(relationBetween(a, b, square, { maxDistance: 0.5 })).toBeNull();
    expect(relationBetween(a, b, square, { maxDistance: 0.6 })).toBe('left-of');
  });

  it('is the inverse of the relation the other way round', () => {
    const options: fc.Arbitrary<RelationOptions> = fc.record({
      overlapIou: fc.double({ min: 0.01, max: 0.9, noNaN: true }),
      ambiguity: fc.double({ min: 0, max: 0.9, noNaN: true }),
      maxDistance: fc.double({ min: 0.1, max: 2, noNaN: true }),
    });
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 4000 }),
      height: fc.integer({ min: 1, max: 4000 }),
    });
    fc.assert(
      fc.property(boxes, boxes, sizes, options, (a, b, size, drawn) => {
        for (const each of [{}, drawn]) {
          const back = relationBetween(b, a, size, each);
          expect(relationBetween(a, b, size, each)).toBe(back && inverseRelation(back));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('inverseRelation', () => {
  it('is its own inverse', () => {
    for (const relation of RELATIONS) expect(inverseRelation(inverseRelation(relation))).toBe(relation);
    expect(inverseRelation('overlaps')).toBe('overlaps');
  });
});

describe('relationFromPhrase', () => {
  it('knows each phrase', () => {
    for (const relation of RELATIONS) expect(relationFromPhrase(RELATION_PHRASES[relation])).toBe(relation);
    expect(relationFromPhrase('near')).toBeUndefined();
  });
});
