import { iou } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedPart, suppress } from './suppress.js';

const box = (x0: number, y0: number, x1: number, y1: number) => ({ x0, y0, x1, y1 });

describe('suppress', () => {
  // The first two share 0.4 x 0.5 of 0.5 x 0.5 each: IoU 0.2 / 0.3 = 2/3, and 0.8 of either.
  const boxes = [box(0, 0, 0.5, 0.5), box(0.1, 0, 0.6, 0.5), box(0.6, 0.6, 0.9, 0.9)];

  it('keeps the best of those that overlap, best first', () => {
    expect(suppress(boxes, [0.5, 0.9, 0.7], { maxIou: 0.5 })).toEqual([1, 2]);
    expect(suppress(boxes, [0.5, 0.9, 0.7], { maxIou: 0.7 })).toEqual([1, 2, 0]);
  });

  it('holds boxes of one class further apart', () => {
    const options = { maxIou: 0.7, maxShare: 0.5 };
    expect(suppress(boxes, [0.9, 0.8, 0.7], { ...options, classes: ['a', 'a', 'a'] })).toEqual([0, 2]);
    expect(suppress(boxes, [0.9, 0.8, 0.7], { ...options, classes: ['a', 'b', 'a'] })).toEqual([0, 1, 2]);
  });

  it('leaves boxes that lie apart, and none that a kept one does not cover', () => {
    const edge = fc.integer({ min: 0, max: 9 });
    const any = fc
      .tuple(edge, edge, edge, edge)
      .map(([x, y, width, height]) => box(x / 20, y / 20, (x + width + 1) / 20, (y + height + 1) / 20));
    const scored = fc.array(fc.tuple(any, fc.integer({ min: 0, max: 100 })), { maxLength: 20 });
    fc.assert(
      fc.property(scored, (list) => {
        const all = list.map(([each]) => each);
        const scores = list.map(([, score]) => score);
        const kept = suppress(all, scores, { maxIou: 0.3 });
        const overlap = (a: number, b: number) => iou(all[a] ?? box(0, 0, 0, 0), all[b] ?? box(0, 0, 0, 0));
        for (const a of kept)
          for (const b of kept) if (a !== b) expect(overlap(a, b)).toBeLessThanOrEqual(0.3);
        for (const gone of all.keys())
          if (!kept.includes(gone))
            expect(kept.some((b) => overlap(gone, b) > 0.3 && (scores[b] ?? 0) >= (scores[gone] ?? 0))).toBe(
              true,
            );
      }),
    );
  });
});

it('sharedPart is a share of the smaller box', () => {
  expect(sharedPart(box(0, 0, 1, 1), box(0.5, 0.5, 0.75, 0.75))).toBe(1);
  expect(sharedPart(box(0, 0, 0.5, 0.5), box(0.25, 0, 0.75, 0.5))).toBe(0.5);
  expect(sharedPart(box(0, 0, 0, 0), box(0, 0, 1, 1))).toBe(0);
});
