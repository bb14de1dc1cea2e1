import { expect, test } from 'vitest';
import { captionBatch } from './caption-batch.js';

test('captionBatch pads, cuts and masks', () => {
  const found = captionBatch(
    [{ captionIds: [5, 6, 7], wrongCaptionIds: [[8], [9, 10], [11]] }, { captionIds: [4] }],
    { length: 2, count: 2 },
  );
  expect(found.captionIds).toEqual({ shape: [2, 2], dtype: 'int32', data: Int32Array.of(5, 6, 4, 0) });
  expect(found.captionMask.data).toEqual(Float32Array.of(1, 1, 1, 0));
  expect(found.wrongCaptionIds).toEqual({
    shape: [2, 2, 2],
    dtype: 'int32',
    data: Int32Array.of(8, 0, 9, 10, 0, 0, 0, 0),
  });
  expect(found.wrongCaptionTextMask.data).toEqual(Float32Array.of(1, 0, 1, 1, 0, 0, 0, 0));
  expect(found.wrongCaptionMask).toEqual({
    shape: [2, 2],
    dtype: 'float32',
    data: Float32Array.of(1, 1, 0, 0),
  });
  expect(found.hasCaption.data).toEqual(Float32Array.of(1, 1));
});

test('captionBatch refuses captions without tokens, all of them at once', () => {
  expect(() =>
    captionBatch([{ captionIds: [] }, { captionIds: [1] }, { captionIds: [1], wrongCaptionIds: [[]] }]),
  ).toThrow(/expected captions with tokens, got none in rows 0, 2/);
  expect(() => captionBatch([])).toThrow(/expected a row/);
});
