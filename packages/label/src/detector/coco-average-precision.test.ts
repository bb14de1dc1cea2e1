import { describe, expect, it } from 'vitest';
import { cocoAveragePrecision, type ScoredImage } from './coco-average-precision.js';
import { randomScoredImages } from './coco-average-precision.test-support.js';

const box = (x0: number, x1: number) => ({ x0, y0: 0, x1, y1: 1 });
const object = (x0: number, x1: number, label = 'cat') => ({ box: box(x0, x1), label });
const crowd = (x0: number, x1: number) => ({ ...object(x0, x1), crowd: true });
const found = (score: number, x0: number, x1: number, label = 'cat') => ({ box: box(x0, x1), label, score });
const ap50 = (...images: ScoredImage[]) => cocoAveragePrecision(images).ap50;

describe('cocoAveragePrecision', () => {
  it('is 1 for what is there, 0 for nothing found', () => {
    const truths = [object(0, 0.5), object(0.5, 1, 'dog')];
    const detections = truths.map((truth) => ({ ...truth, score: 0.5 }));
    expect(cocoAveragePrecision([{ truths, detections }])).toMatchObject({
      ap: expect.closeTo(1, 12) as number,
      ap50: expect.closeTo(1, 12) as number,
      ap75: expect.closeTo(1, 12) as number,
      recall: 1,
    });
    expect(cocoAveragePrecision([{ truths, detections: [] }])).toMatchObject({ ap: 0, ap50: 0, recall: 0 });
  });

  it('means over IoU thresholds', () => {
    // IoU 0.75: a match at 0.5, 0.55, ... 0.75, six of ten. (0.375 / 0.5 is exact.)
    const image = { truths: [object(0, 0.5)], detections: [found(0.9, 0, 0.375)] };
    const { ap, ap75 } = cocoAveragePrecision([image]);
    expect(ap).toBeCloseTo(0.6, 12);
    expect(ap75).toBeCloseTo(1, 12);
  });

  it('interpolates at 101 recalls', () => {
    // Surest first: false, true, true of two objects. Precision 0, 1/2, 2/3, so 2/3 at each recall up to 1.
    const truths = [object(0, 0.25), object(0.5, 0.75)];
    const detections = [found(0.9, 0.8, 1), found(0.8, 0, 0.25), found(0.7, 0.5, 0.75)];
    expect(ap50({ truths, detections })).toBeCloseTo(2 / 3, 12);
    // True, false, and one object missed: 1 up to recall 0.5, which are 51 of 101 points.
    expect(ap50({ truths, detections: [found(0.9, 0, 0.25), found(0.8, 0.8, 1)] })).toBeCloseTo(51 / 101, 12);
  });

  it('lets an object be found once', () => {
    const twice = [found(0.9, 0, 0.5), found(0.8, 0, 0.5)];
    // The second one is false, after full recall: no harm.
    expect(ap50({ truths: [object(0, 0.5)], detections: twice })).toBeCloseTo(1, 12);
    // With a surer false one in another image: true after one false, 1/2.
    const other = { truths: [], detections: [found(0.95, 0, 1)] };
    expect(ap50({ truths: [object(0, 0.5)], detections: twice }, other)).toBeCloseTo(0.5, 12);
  });

  it('leaves out what lies in a crowd, as often as it happens', () => {
    const inCrowd = [found(0.9, 0.5, 0.6), found(0.8, 0.7, 0.8)];
    const detections = [...inCrowd, found(0.7, 0, 0.25)];
    expect(ap50({ truths: [object(0, 0.25), crowd(0.5, 1)], detections })).toBeCloseTo(1, 12);
    expect(ap50({ truths: [object(0, 0.25)], detections })).toBeCloseTo(1 / 3, 12);
  });

  it('takes 100 detections an image and label', () => {
    const before = Array.from({ length: 100 }, () => found(0.9, 0.9, 1));
    const truths = [object(0, 0.5)];
    expect(ap50({ truths, detections: [...before, found(0.8, 0, 0.5)] })).toBe(0);
    expect(ap50({ truths, detections: [...before.slice(1), found(0.8, 0, 0.5)] })).toBeCloseTo(0.01, 12);
  });

  it('counts labels that have objects, each by itself', () => {
    const images = [
      {
        truths: [object(0, 0.5), object(0, 0.5, 'dog')],
        detections: [found(0.9, 0, 0.5), found(0.9, 0, 1, 'kite')],
      },
    ];
    const { byLabel, ap } = cocoAveragePrecision(images);
    expect([...byLabel.keys()]).toEqual(['cat', 'dog']);
    expect(ap).toBeCloseTo(0.5, 12);
    expect(() => cocoAveragePrecision([{ truths: [crowd(0, 1)], detections: [] }])).toThrow(
      expect.objectContaining({ code: 'label/bad-detections' }),
    );
  });

  // pycocotools 2.0.11 on the same boxes: bench/score-coco.py on what
  // `npm run bench -w @fgam/label -- --random=FOLDER` writes.
  it.each([
    [1, 40, [0.17988747420780746, 0.38503483264025273, 0.13947860491013386, 0.36165021810645914]],
    [2, 200, [0.1832077431961776, 0.4149180775549215, 0.1297441762332272, 0.36157421944415913]],
  ])('gives what pycocotools gives, seed %i, %i images', (seed, count, official) => {
    const { ap, ap50, ap75, recall } = cocoAveragePrecision(randomScoredImages(seed, count));
    for (const [i, value] of [ap, ap50, ap75, recall].entries())
      expect(value).toBeCloseTo(official[i] ?? 9, 12);
  });
});
