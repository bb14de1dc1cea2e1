import { describe, expect, it } from 'vitest';
import { smartResize } from './smart-resize.js';

describe('smartResize', () => {
  // Width, height, least and most pixels, new width and height: of transformers 5.17.
  it.each([
    // Halves of 28: 2.5 to 2, 3.5 and 4.5 to 4.
    [70, 98, 1, 1e9, 56, 112],
    [42, 126, 1, 1e9, 56, 112],
    // Too many pixels, and too few.
    [150, 90, 1568, 6272, 84, 56],
    [25, 44, 1568, 6272, 28, 56],
    [57, 28, 3136, 3136, 84, 56],
    [4000, 3000, 3136, 12845056, 4004, 2996],
    [640, 480, 3136, 1003520, 644, 476],
    // An edge that rounds to nothing.
    [1, 150, 3136, 12845056, 28, 700],
    [3000, 20, 3136, 50176, 2716, 28],
    [56, 56, 3136, 12845056, 56, 56],
    [13, 13, 784, 784, 28, 28],
  ])('%i x %i within %i and %i pixels', (width, height, minPixels, maxPixels, newWidth, newHeight) => {
    const size = smartResize({ width, height }, { factor: 28, minPixels, maxPixels });
    expect(size).toEqual({ width: newWidth, height: newHeight });
  });

  it('refuses a line', () => {
    const limits = { factor: 28, minPixels: 1, maxPixels: 1e9 };
    expect(smartResize({ width: 2000, height: 10 }, limits)).toEqual({ width: 28, height: 28 });
    expect(() => smartResize({ width: 2001, height: 10 }, limits)).toThrow(
      expect.objectContaining({ code: 'data/bad-image' }),
    );
  });
});
