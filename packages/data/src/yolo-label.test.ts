import { describe, expect, it } from 'vitest';
import { parseYoloLabel } from './yolo-label.js';

const size = { width: 40, height: 20 };
const parse = (line: string, tolerance = 1) => parseYoloLabel(line, size, tolerance);

describe('parseYoloLabel', () => {
  it('reads centre and size', () => {
    expect(parse('3 0.5 0.5 0.5 1.0')).toEqual({ category: 3, box: { x0: 0.25, y0: 0, x1: 0.75, y1: 1 } });
    expect(parse(' 0\t0.25  0.5 5e-1 .5\r')).toEqual({
      category: 0,
      box: { x0: 0, y0: 0.25, x1: 0.5, y1: 0.75 },
    });
  });

  it('reads a polygon and the box around it', () => {
    expect(parse('1 0.25 0.25 0.75 0.25 0.5 1')).toEqual({
      category: 1,
      box: { x0: 0.25, y0: 0.25, x1: 0.75, y1: 1 },
      mask: { kind: 'polygons', polygons: [[0.25, 0.25, 0.75, 0.25, 0.5, 1]] },
    });
  });

  it('clips what reaches over the edge within the tolerance (half a pixel of 40 is 0.0125)', () => {
    expect(parse('0 0.2375 0.5 0.5 1')).toMatchObject({ box: { x0: 0, x1: 0.4875 } });
    expect(parse('0 -0.0125 0 0.5 0 0.5 1')).toMatchObject({
      mask: { kind: 'polygons', polygons: [[0, 0, 0.5, 0, 0.5, 1]] },
    });
    expect(parse('0 0.2375 0.5 0.5 1', 0)).toMatchObject({ reason: 'bad-box' });
  });

  it.each([
    ['0 0.1 0.5 0.5 1', 'bad-box'],
    ['0 0.5 0.5 0 1', 'bad-box'],
    ['0 0.5 0.5 -0.5 1', 'bad-box'],
    ['0 nan 0.5 0.5 1', 'bad-box'],
    ['0 0.5 0.5 inf 1', 'bad-box'],
    ['0 0.5 0.5 1e999 1', 'bad-box'],
    ['0 120 80 40 20', 'bad-box'],
    ['0 0.1 0.1 0.2 0.1 0.3 0.1', 'bad-box'],
    ['0', 'bad-record'],
    ['0 0.5 0.5 0.5', 'bad-record'],
    ['0 0.5 0.5 0.5 1 0.9', 'bad-record'],
    ['0 0.1 0.1 0.2 0.1 0.3 0.1 0.4', 'bad-record'],
    ['0 0.5 0.5 half 1', 'bad-record'],
    ['0 0,5 0,5 0,5 1', 'bad-record'],
    ['person 0.5 0.5 0.5 1', 'bad-record'],
    ['-1 0.5 0.5 0.5 1', 'unknown-category'],
    ['0.5 0.5 0.5 0.5 1', 'unknown-category'],
    ['nan 0.5 0.5 0.5 1', 'unknown-category'],
  ])('tells what is wrong with %j', (line, reason) => {
    expect(parse(line)).toMatchObject({ reason });
  });
});
