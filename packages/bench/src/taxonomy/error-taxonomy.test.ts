import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ErrorClaims } from './error-claims.js';
import { errorTaxonomy } from './error-taxonomy.js';

const claim = (image: string, errors: number, claims: number, part = 'captions'): ErrorClaims => ({
  ...{ type: 'object', part, image, errors, claims },
});

describe('errorTaxonomy', () => {
  test('counts, rates and reductions by hand, whole and by part', () => {
    const base = [claim('a', 2, 4), claim('b', 1, 4), claim('b', 1, 2, 'questions')];
    const full = [claim('a', 1, 4), claim('b', 0, 2), claim('b', 0, 2, 'questions')];
    const found = errorTaxonomy({
      source: 'by hand',
      base: { name: 'base', claims: base },
      full: { name: 'full', claims: full },
    });
    expect(found).toMatchObject({ source: 'by hand', base: 'base', full: 'full', images: 2 });
    const [all, captions, questions] = found.types;
    // 4 of 10 before, 1 of 8 after: 1 - 0.125 / 0.4.
    expect(all).toMatchObject({
      ...{ type: 'object', base: { errors: 4, claims: 10, rate: 0.4 }, full: { errors: 1, claims: 8 } },
    });
    expect(all?.reduction).toBeCloseTo(1 - 0.125 / 0.4, 12);
    expect(all).not.toHaveProperty('part');
    // 3 of 8 before, 1 of 6 after; all of a: 2/4 and 1/4, all of b: 1/4 and 0.
    expect(captions).toMatchObject({ part: 'captions' });
    expect(captions?.reduction).toBeCloseTo(1 - 1 / 6 / (3 / 8), 12);
    expect(captions?.interval).toEqual([0.5, 1]);
    // Draws of image a alone have no question; those of b have one wrong of two and none.
    expect(questions).toMatchObject({ part: 'questions', reduction: 1, interval: [1, 1] });
    expect(found.types).toHaveLength(3);
  });

  test('has no reduction where the base makes no error, or nobody claims', () => {
    const system = (name: string, claims: readonly ErrorClaims[]) => ({ name, claims });
    const of = (before: ErrorClaims, after: ErrorClaims) =>
      errorTaxonomy({ source: 's', base: system('base', [before]), full: system('full', [after]) }).types[0];
    expect(of(claim('a', 0, 4), claim('a', 1, 4))).toMatchObject({ reduction: null, interval: null });
    expect(of(claim('a', 1, 4), claim('a', 0, 0))).toMatchObject({ reduction: null, full: { rate: null } });
    expect(of(claim('a', 0, 0), claim('a', 0, 0))).toBeUndefined();
    // More errors than before.
    expect(of(claim('a', 1, 4), claim('a', 3, 4))).toMatchObject({ reduction: -2 });
  });

  test('refuses answers about other images', () => {
    const system = (name: string, image: string) => ({ name, claims: [claim(image, 1, 1)] });
    expect(() =>
      errorTaxonomy({ source: 's', base: system('base', 'a'), full: system('full', 'b') }),
    ).toThrow('the same images, got 1 of base and 1 of full');
  });

  test('does not change by the order of claims; a system against itself reduces nothing', () => {
    const claims = Array.from({ length: 30 }, (_, index) => claim(`i${index % 10}`, index % 3, 3));
    const once = (ordered: readonly ErrorClaims[]) =>
      errorTaxonomy({
        source: 's',
        base: { name: 'base', claims },
        full: { name: 'full', claims: ordered },
      });
    fc.assert(
      fc.property(fc.shuffledSubarray(claims, { minLength: claims.length }), (shuffled) => {
        expect(once(shuffled)).toEqual(once(claims));
      }),
      { numRuns: 20 },
    );
    expect(once(claims).types[0]).toMatchObject({ reduction: 0, interval: [0, 0] });
  });
});
