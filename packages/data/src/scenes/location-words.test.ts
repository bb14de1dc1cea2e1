import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLocation, parseLocation } from './location-words.js';

describe('formatLocation', () => {
  it('floors to 32 bins and keeps the last edge in the last bin', () => {
    expect(formatLocation({ x0: 0, y0: 0.1, x1: 0.5, y1: 1 })).toBe('<loc_0> <loc_3> <loc_16> <loc_31>');
  });

  it('comes back within half a bin', () => {
    const edge = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(edge, edge, edge, edge, (a, b, c, d) => {
        const box = { x0: Math.min(a, c), y0: Math.min(b, d), x1: Math.max(a, c), y1: Math.max(b, d) };
        fc.pre(
          Math.floor(box.x0 * 32) < Math.min(31, Math.floor(box.x1 * 32)) &&
            Math.floor(box.y0 * 32) < Math.min(31, Math.floor(box.y1 * 32)),
        );
        const back = parseLocation(`it is at ${formatLocation(box)} .`);
        for (const key of ['x0', 'y0', 'x1', 'y1'] as const)
          expect(Math.abs((back?.[key] ?? 9) - box[key])).toBeLessThanOrEqual(0.5 / 32 + 1e-12);
      }),
    );
  });
});

describe('parseLocation', () => {
  it.each([
    '',
    'yes',
    '<loc_1> <loc_2> <loc_3>',
    '<loc_5> <loc_0> <loc_5> <loc_9>',
    '<loc_1> <loc_2> <loc_32> <loc_9>',
  ])('finds no box in "%s"', (text) => {
    expect(parseLocation(text)).toBeUndefined();
  });
});
