import { locationOf } from '@fgam/data';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isAtLocation, LOCATION_PATTERN, LOCATIONS, locationOfBox, toLocation } from './locations.js';

/** A box of side 0.1 around a centre. */
const around = (x: number, y: number) => ({ x0: x - 0.05, y0: y - 0.05, x1: x + 0.05, y1: y + 0.05 });

it('names the cell of the centre, row by row', () => {
  const named = [1, 3, 5].flatMap((row) =>
    [1, 3, 5].map((column) => locationOfBox(around(column / 6, row / 6))),
  );
  expect(named).toEqual(LOCATIONS);
  expect(locationOfBox({ x0: 0.9, y0: 0.9, x1: 1.1, y1: 1.1 })).toBe('bottom right');
});

it('names cells as scenes do', () => {
  const pixel = fc.integer({ min: 0, max: 50 });
  fc.assert(
    fc.property(pixel, pixel, fc.integer({ min: 1, max: 13 }), (x, y, side) => {
      const box = { x0: x / 64, y0: y / 64, x1: (x + side) / 64, y1: (y + side) / 64 };
      expect(locationOfBox(box)).toBe(locationOf({ x, y, width: side, height: side }, 64));
    }),
  );
});

it('a place holds within its slack, and not beyond', () => {
  expect(isAtLocation(around(0.36, 0.1), 'top left', 0.05)).toBe(true);
  expect(isAtLocation(around(0.36, 0.1), 'top left', 0)).toBe(false);
  expect(isAtLocation(around(0.31, 0.1), 'top left', -0.05)).toBe(false);
  expect(isAtLocation(around(0.5, 0.5), 'nowhere', 1)).toBe(false);
});

it('every box is at its own place', () => {
  const edge = fc.double({ min: 0, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(edge, edge, (x0, y0) => {
      const box = { x0, y0, x1: 1, y1: 1 };
      expect(isAtLocation(box, locationOfBox(box), 1e-9)).toBe(true);
    }),
  );
});

it('the pattern takes the longest name, and both spellings of the centre', () => {
  const pattern = new RegExp(LOCATION_PATTERN);
  for (const location of LOCATIONS) expect(pattern.exec(location)?.[0]).toBe(location);
  expect(toLocation(pattern.exec('center')?.[0] ?? '')).toBe('centre');
});
