import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatLocation, parseLocation } from '../scenes/location-words.js';
import { formatLlavaBox, formatLlavaLocations } from './llava-boxes.js';

it('writes a box of location words as LLaVA has that box', () => {
  const side = fc.tuple(
    fc.double({ min: 0, max: 0.4, noNaN: true }),
    fc.double({ min: 0.5, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(side, side, ([x0, x1], [y0, y1]) => {
      const words = formatLocation({ x0, y0, x1, y1 });
      const box = parseLocation(words);
      expect(box && formatLlavaLocations(`at ${words} .`)).toBe(box && `at ${formatLlavaBox(box)} .`);
    }),
  );
});

it('leaves no location word of ours, and other texts as they are', () => {
  expect(formatLlavaLocations('<loc_0> <loc_31>')).toBe('[0.02, 0.98]');
  expect(formatLlavaLocations('<loc_0><loc_1><loc_2><loc_3> <loc_4>')).toBe(
    '[0.02, 0.05, 0.08, 0.11] [0.14]',
  );
  for (const text of ['a dog', '<loc_32> <loc_999>', '<loc_>', '[1]'])
    expect(formatLlavaLocations(text)).toBe(text);
});
