import { describe, expect, it } from 'vitest';
import { float32Zeros } from '../generation/host-zeros.js';
import { answerBatch } from './answer-batch.js';
import { imageBatch } from './image-batch.js';

const IMAGE = 9;
/** One number a visual token, rows and columns as they are. */
const family = {
  visualExtent: ({ patches }: Readonly<Record<string, { readonly shape: readonly number[] }>>) => {
    const [, rows = 0, columns = 0] = patches?.shape ?? [];
    return { shape: [rows * columns, 1], grid: [rows, columns] as const };
  },
};
const image = (rows: number, columns: number) => ({ patches: float32Zeros([1, rows, columns]) });

describe('images of a batch', () => {
  it('are side by side with those of their shape, in an order that does not depend on theirs', () => {
    const { inputs, places } = imageBatch(family, [image(2, 1), image(1, 1), image(2, 1)]);
    expect(Object.entries(inputs).map(([name, { shape }]) => [name, shape])).toEqual([
      ['0/patches', [1, 1, 1]],
      ['1/patches', [2, 2, 1]],
    ]);
    expect(places.map(({ first }) => first)).toEqual([1, 0, 3]);
    const other = imageBatch(family, [image(1, 1), image(2, 1), image(2, 1)]);
    expect(Object.keys(other.inputs)).toEqual(Object.keys(inputs));
  });

  it('are counted anew in each part, which takes images of one shape', () => {
    const four = Array.from({ length: 4 }, () => image(1, 3));
    const { inputs, places } = imageBatch(family, four, { parts: 2 });
    expect(inputs['patches']?.shape).toEqual([4, 1, 3]);
    expect(places.map(({ first }) => first)).toEqual([0, 3, 0, 3]);
    expect(() => imageBatch(family, four.slice(1), { parts: 2 })).toThrow(/go into 2 parts, got 3 of 1/);
    expect(() => imageBatch(family, [image(1, 1), image(1, 2)], { parts: 2 })).toThrow(/of 2 shapes/);
  });

  it("are at the slots of their prompt's image tokens", () => {
    const { places } = imageBatch(family, [image(2, 1), image(1, 1)]);
    const row = (at: number, promptIds: readonly number[]) => ({
      promptIds,
      answerIds: [7],
      images: places.slice(at, at + 1),
    });
    const { slots } = answerBatch([row(0, [1, IMAGE, IMAGE]), row(1, [IMAGE])], { imageTokenId: IMAGE });
    expect([...slots.data]).toEqual([0, 2, 3, 0, 1, 0, 0, 0]);
    expect(() => answerBatch([row(0, [1, IMAGE])], { imageTokenId: IMAGE })).toThrow(
      /row 0: expected 2 image tokens, those of its images, got 1/,
    );
  });
});
