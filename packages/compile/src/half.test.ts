import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floatFromBrain, floatFromHalf, halfFromFloat } from './half.js';

const half = (value: number) => halfFromFloat(Float32Array.of(value))[0] as number;
const float = (bits: number) => floatFromHalf(Uint16Array.of(bits))[0] as number;

describe('half precision', () => {
  // IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits.
  test.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 1365 / 4096], // nearest to 1/3
    [0x7bff, 65504], // largest
    [0x0400, 2 ** -14], // smallest normal
    [0x03ff, 1023 * 2 ** -24], // largest subnormal
    [0x0001, 2 ** -24], // smallest
    [0x8001, -(2 ** -24)],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ])('%i is %d, both ways', (bits, value) => {
    expect(float(bits)).toBe(value);
    expect(half(value)).toBe(bits);
  });

  test('the sign of zero stays', () => {
    expect(float(0x8000)).toBe(-0);
    expect(half(-0)).toBe(0x8000);
  });

  test('NaN stays NaN', () => {
    for (const bits of [0x7c01, 0x7e00, 0xfe00, 0xffff]) expect(float(bits)).toBeNaN();
    expect(half(Number.NaN) & 0x7c00).toBe(0x7c00);
    expect(half(Number.NaN) & 0x03ff).not.toBe(0);
  });

  test.each([
    ['down to even', 1 + 2 ** -11, 0x3c00],
    ['up to even', 1 + 3 * 2 ** -11, 0x3c02],
    ['above a tie', 1 + 2 ** -11 + 2 ** -20, 0x3c01],
    ['below a tie', 1 + 2 ** -11 - 2 ** -20, 0x3c00],
    ['into the next power of two', 2 - 2 ** -12, 0x4000],
    ['a subnormal tie down to even', 2 ** -25, 0x0000],
    ['a subnormal tie up to even', 3 * 2 ** -25, 0x0002],
    ['a subnormal up to the smallest normal', 2 ** -14 - 2 ** -26, 0x0400],
    ['what is too small', 2 ** -26, 0x0000],
    ['below the tie with what is too large', 65519, 0x7bff],
    ['the tie with what is too large', 65520, 0x7c00],
    ['what is too large', 1e30, 0x7c00],
  ])('rounds %s', (_name, value, bits) => {
    expect(half(value)).toBe(bits);
    expect(half(-value)).toBe(bits | 0x8000);
  });

  test('every half comes back from float32', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits).filter(
      (bits) => (bits & 0x7c00) !== 0x7c00 || (bits & 0x03ff) === 0,
    );
    expect(halfFromFloat(floatFromHalf(all))).toEqual(all);
  });

  test('no other half is nearer', () => {
    fc.assert(
      fc.property(fc.double({ min: -65000, max: 65000, noNaN: true }).map(Math.fround), (value) => {
        const bits = half(value);
        const error = Math.abs(float(bits) - value);
        for (const other of [bits - 1, bits + 1]) {
          const neighbour = float(other & 0xffff);
          if (Number.isFinite(neighbour)) expect(error).toBeLessThanOrEqual(Math.abs(neighbour - value));
        }
      }),
      { seed: 1 },
    );
  });
});

describe('bfloat16', () => {
  test('is the upper half of a float32', () => {
    const brains = Uint16Array.of(0x0000, 0x8000, 0x3f80, 0xc040, 0x7f80, 0x7f7f, 0x0001);
    expect([...floatFromBrain(brains)]).toEqual([
      0,
      -0,
      1,
      -3,
      Number.POSITIVE_INFINITY,
      (1 + 127 / 128) * 2 ** 127,
      2 ** -133,
    ]);
    expect(floatFromBrain(Uint16Array.of(0x7fc0))[0]).toBeNaN();
  });
});
