import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cocoAnnotation, cocoImage, isPlainAnnotation, isPlainImage } from './coco-schema.js';

const PLAIN = {
  id: 1,
  image_id: 7,
  category_id: 53,
  bbox: [1, 2, 3, 4],
  iscrowd: 0,
  segmentation: [[1, 2, 3, 4, 5, 6]],
};

describe('isPlainAnnotation', () => {
  it('takes what COCO writes', () => {
    expect(isPlainAnnotation({ ...PLAIN, area: 3 })).toBe(true);
    const segmentation = { size: [2, 3], counts: [1, 5] };
    expect(isPlainAnnotation({ ...PLAIN, iscrowd: 1, segmentation })).toBe(true);
  });

  it('takes nothing that the schema refuses or changes', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(1e999, 1e300, 0.5, null, [[1e999]], [[1, 'a']], { size: [1, 2] }, [1, 2, 3, 1e999]),
    );
    const changes = fc.record(
      { id: odd, image_id: odd, category_id: odd, bbox: odd, iscrowd: odd, segmentation: odd },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          odd,
          changes,
          changes.map((change) => ({ ...PLAIN, ...change })),
        ),
        (raw) => {
          if (!isPlainAnnotation(raw)) return;
          expect(cocoAnnotation.parse(raw)).toEqual(
            Object.fromEntries(Object.entries(raw).filter(([key]) => key in PLAIN)),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('isPlainImage', () => {
  it('takes nothing that the schema refuses or changes', () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(1, 0, -1, 1e999, 'a.jpg', '', 640, 0.5));
    const image = fc.record({ id: odd, file_name: odd, width: odd, height: odd }, { requiredKeys: [] });
    expect(isPlainImage({ id: 1, file_name: 'a.jpg', width: 4, height: 3 })).toBe(true);
    fc.assert(
      fc.property(fc.oneof(odd, image), (raw) => {
        if (isPlainImage(raw)) expect(cocoImage.parse(raw)).toEqual(raw);
      }),
      { numRuns: 2000 },
    );
  });
});
