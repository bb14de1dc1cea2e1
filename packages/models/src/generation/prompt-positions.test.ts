import { describe, expect, it } from 'vitest';
import { promptPositions } from './prompt-positions.js';
import type { VisualTokens } from './spliced-prompt.js';

const IMAGE = 9;

function tokens(rows: number, columns: number): VisualTokens {
  return {
    shape: [rows * columns, 1],
    dtype: 'float32',
    data: new Float32Array(rows * columns),
    grid: [rows, columns],
  };
}

/** Columns of three as texts. */
function placesOf(ids: readonly number[], images: readonly VisualTokens[]): readonly [string, number] {
  const { places, shift } = promptPositions(ids, IMAGE, images);
  const triples = ids.map((_, t) => places.slice(3 * t, 3 * t + 3).join(''));
  expect(places).toHaveLength(3 * ids.length);
  return [triples.join(' '), shift];
}

describe('promptPositions', () => {
  it('counts text up along all axes', () => {
    expect(placesOf([5, 6, 7], [])).toEqual(['000 111 222', 0]);
  });

  it('stands an image in one moment and goes on after its longer side', () => {
    // 1 + 3 columns, then text at 4: three tokens behind the sequence's 7.
    const ids = [5, IMAGE, IMAGE, IMAGE, IMAGE, IMAGE, IMAGE, 6];
    expect(placesOf(ids, [tokens(2, 3)])).toEqual(['000 111 112 113 121 122 123 444', 3]);
  });

  it('tells images apart that follow each other, and takes image tokens without an image as text', () => {
    const ids = [IMAGE, IMAGE, IMAGE, IMAGE];
    expect(placesOf(ids, [tokens(2, 1), tokens(1, 1)])).toEqual(['000 010 222 333', 0]);
  });
});
