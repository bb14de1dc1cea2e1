import { describe, expect, it } from 'vitest';
import { resizeTriangle } from './resize-triangle.js';

const image = { data: Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256), width: 5, height: 4 };

describe('resizeTriangle', () => {
  // Pillow 12.3.0: Image.fromarray(numpy.arange(60) * 37 % 256 as [4, 5, 3] of uint8).resize((w, h), Image.BILINEAR)
  it.each([
    [7, 6, [0, 37, 74, 63, 100, 137, 143, 107, 144, 222, 3, 40, 118, 82, 119, 125, 162, 89, 188, 225], 14722],
    [2, 3, [95, 91, 128, 143, 114, 94, 106, 143, 127, 113, 109, 140, 157, 121, 118, 123, 152, 113], 2187],
    [5, 2, [31, 68, 105, 142, 179, 179, 106, 34, 71, 108, 145, 182, 182, 109, 37, 98, 135, 172, 209], 3561],
    [3, 9, [48, 85, 122, 165, 60, 97, 140, 177, 68, 55, 92, 129, 148, 67, 104, 147, 160, 75, 74, 111], 9782],
  ])('to %i x %i, as Pillow does it', (width, height, begins, sum) => {
    const { data } = resizeTriangle(image, { width, height });
    expect(data).toHaveLength(3 * width * height);
    expect([...data.subarray(0, begins.length)]).toEqual(begins);
    expect(data.reduce((total, value) => total + value, 0)).toBe(sum);
  });

  it('leaves one colour as it is, and an image of the same size', () => {
    const white = { data: new Uint8Array(3 * 7 * 5).fill(255), width: 7, height: 5 };
    for (const size of [
      { width: 3, height: 2 },
      { width: 50, height: 40 },
      { width: 1, height: 1 },
    ])
      expect(new Set(resizeTriangle(white, size).data)).toEqual(new Set([255]));
    expect(resizeTriangle(image, image)).toBe(image);
  });
});
