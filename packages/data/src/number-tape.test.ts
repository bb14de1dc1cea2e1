import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberTape } from './number-tape.js';

/** Written and read again. */
function copies(lists: readonly (readonly number[])[]): number[][] {
  const tape = new NumberTape();
  const places = lists.map((list) => tape.write(list));
  return places.map((place) => tape.read(place));
}

describe('NumberTape', () => {
  it('keeps every bit of every number', () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 70_000 }).map((value) => value / 100),
      fc.nat({ max: 2 ** 31 }),
      fc.double({ noNaN: true }),
      fc.constantFrom(-0, 0, 655.35, 655.36, 327.67, 2 ** 15, 2 ** 31 - 1, 2 ** 31, -1, 0.005),
    );
    fc.assert(
      fc.property(fc.array(fc.array(number)), (lists) => {
        expect(copies(lists)).toEqual(lists); // toEqual tells -0 from 0
      }),
    );
  });

  it('keeps all two-decimal numbers of an image', () => {
    const list = Array.from({ length: 2 ** 16 }, (_, index) => Number((index / 100).toFixed(2)));
    expect(copies([list])).toEqual([list]);
  });

  it('keeps lists over many blocks, and those longer than one', () => {
    const lists = [300_000, 5, 200_000, 100_000, 1, 0, 150_000, 7].flatMap((length, index) => [
      Array.from({ length }, (_, at) => (at % 60_000) / 100 + index),
      Array.from({ length }, (_, at) => at * 1000),
      Array.from({ length: length >> 2 }, (_, at) => Math.sqrt(at)),
    ]);
    const found = copies(lists);
    // Compared as bytes: two million numbers one by one take a minute.
    const bytesOf = (list: readonly number[]) => Buffer.from(Float64Array.from(list).buffer);
    expect(found.map((list) => list.length)).toEqual(lists.map((list) => list.length));
    for (const [index, list] of lists.entries())
      expect(bytesOf(found[index] ?? []).equals(bytesOf(list)), `list ${index}`).toBe(true);
  });
});
