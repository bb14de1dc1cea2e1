import { expect, it } from 'vitest';
import { keptTaps } from './kept-taps.js';
import { tapsOf } from './resample-taps.js';

it('keeps taps, told apart by all that makes them, until others take their place', () => {
  const first = keptTaps('bicubic', 50, [0, 50], 224);
  expect(first).toEqual(tapsOf('bicubic', 50, [0, 50], 224));
  expect(keptTaps('bicubic', 50, [0, 50], 224)).toBe(first);
  for (const other of [
    keptTaps('lanczos', 50, [0, 50], 224),
    keptTaps('bicubic', 51, [0, 50], 224),
    keptTaps('bicubic', 50, [1, 50], 224),
    keptTaps('bicubic', 50, [0, 49], 224),
    keptTaps('bicubic', 50, [0, 50], 225),
  ])
    expect(other).not.toEqual(first);
  // 8 MiB of weights: 5 x 4 bytes for each of 100,000 pixels, five times.
  for (let i = 0; i < 5; i++) keptTaps('bicubic', 100 + i, [0, 100], 100_000);
  expect(keptTaps('bicubic', 50, [0, 50], 224)).not.toBe(first);
});
