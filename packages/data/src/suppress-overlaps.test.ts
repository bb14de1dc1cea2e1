import { describe, expect, it } from 'vitest';
import { suppressOverlaps } from './suppress-overlaps.js';

const box = (x0: number, x1: number) => ({ x0, y0: 0, x1, y1: 1 });
const found = (label: string, score: number, x0: number, x1: number) => ({ label, score, box: box(x0, x1) });

describe('suppressOverlaps', () => {
  it('keeps the surest of each label', () => {
    // [0, 0.5] and [0.1, 0.5]: IoU 0.4 / 0.5 = 0.8
    const sure = found('cat', 0.9, 0, 0.5);
    const less = found('cat', 0.8, 0.1, 0.5);
    const dog = found('dog', 0.7, 0.1, 0.5);
    expect(suppressOverlaps([dog, less, sure], 0.7)).toEqual([sure, dog]);
    expect(suppressOverlaps([dog, less, sure], 0.81)).toEqual([sure, less, dog]);
    expect(suppressOverlaps([less, less], 1)).toEqual([less, less]);
  });

  it('does not let a suppressed box suppress', () => {
    // IoU of neighbours 0.5 / 0.7 = 0.71; of first and last 0.3 / 0.9 = 0.33
    const [a, b, c] = [found('cat', 0.9, 0, 0.6), found('cat', 0.8, 0.1, 0.7), found('cat', 0.7, 0.3, 0.9)];
    expect(suppressOverlaps([a, b, c], 0.5)).toEqual([a, c]);
  });

  it('keeps the order of equal scores', () => {
    const equal = [found('b', 0.5, 0, 1), found('a', 0.5, 0, 1)];
    expect(suppressOverlaps(equal, 0.5)).toEqual(equal);
  });
});
