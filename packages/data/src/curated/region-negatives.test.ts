import { describe, expect, it } from 'vitest';
import type { Region, RegionSample } from '../records.js';
import { photoNames } from './photo-names.js';
import { createRegionNegatives } from './region-negatives.js';

const region = (label: string, x0: number, description = `a ${label}`): Region => ({
  ...{ id: label, label, description, source: 'coco' },
  box: { x0, y0: 0.4, x1: x0 + 0.2, y1: 0.6 },
});
const car = region('car', 0.1, 'a red car');
const sample: RegionSample = {
  id: 'p',
  image: 'p.jpg',
  width: 9,
  height: 9,
  regions: [car, region('dog', 0.7)],
};
const phrase = { ...region('a dog on a mat', 0.4), id: 'region-1', source: 'visual-genome' };

describe('createRegionNegatives', () => {
  it('draws what is false of a region by object and attribute, by its seed', () => {
    const negativesOf = createRegionNegatives({ names: ['car', 'dog', 'cat', 'cow'], count: 2 });
    const drawn = Array.from({ length: 40 }, (_, seed) => negativesOf(car, sample, seed));
    for (const texts of drawn) {
      expect(texts).toHaveLength(2);
      for (const text of texts) expect(text).toMatch(/^an? (red (dog|cat|cow)|(?!red|pink|orange)\w+ car)$/);
    }
    expect(new Set(drawn.flat()).size).toBeGreaterThan(6);
    expect(negativesOf(car, sample, 3)).toEqual(drawn[3]);
    expect(negativesOf({ ...car, id: 'other' }, sample)).toEqual([]);
  });

  it('takes names of things, not phrases', () => {
    expect(photoNames([sample, { ...sample, regions: [phrase, region('Cat', 0)] }])).toEqual([
      'car',
      'cat',
      'dog',
    ]);
  });
});
