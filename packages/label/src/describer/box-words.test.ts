import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxWords } from './box-words.js';
import { checkDescription } from './check-description.js';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const boxes = fc
  .tuple(unit, unit, unit, unit)
  .map(([a, b, c, d]) => ({
    x0: Math.min(a, b),
    x1: Math.max(a, b),
    y0: Math.min(c, d),
    y1: Math.max(c, d),
  }))
  .filter(({ x0, x1, y0, y1 }) => x1 > x0 && y1 > y0);

describe('boxWords', () => {
  it.each([
    [{ x0: 0, y0: 0, x1: 0.05, y1: 0.05 }, 'left, upper third', 'tiny'],
    [{ x0: 0.7, y0: 0.7, x1: 0.85, y1: 0.85 }, 'right, lower third', 'small'],
    [{ x0: 0.35, y0: 0.35, x1: 0.65, y1: 0.65 }, 'centre, middle third', 'medium'],
    [{ x0: 0.1, y0: 0.5, x1: 0.6, y1: 1 }, 'centre, lower third', 'large'],
    [{ x0: 0, y0: 0.8, x1: 1, y1: 1 }, 'full width, lower third', 'large'],
    [{ x0: 0, y0: 0, x1: 1, y1: 1 }, 'full width, full height', 'most of the image'],
  ])('%o is %s, %s', (box, position, size) => {
    expect(boxWords(box)).toEqual({ position, size });
  });

  it('never says what the check refuses', () => {
    fc.assert(
      fc.property(boxes, (box) => {
        const [across = '', down = ''] = boxWords(box).position.split(', ');
        const sides = [down.split(' ')[0], across].filter((side) => side && !side.startsWith('full'));
        for (const side of sides)
          expect(checkDescription(`a thing in the ${side} part of the image`, { box })).toBeUndefined();
        expect(checkDescription(`a thing at the ${sides.join(' ')}`, { box })).toBeUndefined();
      }),
    );
  });
});
