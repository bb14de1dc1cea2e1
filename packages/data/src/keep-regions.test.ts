import { expect, it } from 'vitest';
import { curatedQuestions } from './curated/curated-questions.js';
import { keepRegions } from './keep-regions.js';
import type { Region, RegionSample } from './records.js';
import { selectSample } from './select-regions.js';

const region = (id: string, label: string, x0: number, width = 0.2): Region => ({
  ...{ id, label, description: `a ${label}`, source: 'coco' },
  box: { x0, y0: 0.4, x1: x0 + width, y1: 0.6 },
});
const dogs = [region('1', 'dog', 0), region('2', 'dog', 0.3), region('3', 'dog', 0.6, 0.05)];
const sample: RegionSample = {
  ...{ id: 'p', image: 'p.jpg', width: 100, height: 100, caption: 'dogs', regions: dogs },
  incomplete: ['cat'],
  relations: [
    { subject: '1', relation: 'left-of', object: '2' },
    { subject: '2', relation: 'left-of', object: '3' },
  ],
  annotatedRelations: [
    { subject: '3', predicate: 'chases', object: '1' },
    { subject: '2', predicate: 'beside', object: '1' },
  ],
};

it('leaves nothing that speaks of a region that is gone, and does not take the rest for all', () => {
  const kept = keepRegions(sample, dogs.slice(0, 2));
  expect(kept).toEqual({
    ...sample,
    regions: dogs.slice(0, 2),
    incomplete: ['cat', 'dog'],
    relations: [{ subject: '1', relation: 'left-of', object: '2' }],
    annotatedRelations: [{ subject: '2', predicate: 'beside', object: '1' }],
  });
  expect(selectSample(sample, { minSide: 10 })).toEqual(kept);
  expect(keepRegions(sample, dogs)).toEqual(sample);
  const { id, image, width, height } = sample;
  const bare = { id, image, width, height, regions: dogs };
  expect(keepRegions(bare, dogs)).toEqual(bare);
  expect(keepRegions({ ...bare, incomplete: 'all' }, []).incomplete).toBe('all');
});

it('leads to no count of what is not all there', () => {
  const zebra = { ...sample, id: 'z', regions: [region('1', 'zebra', 0)] };
  const countsOf = (photo: RegionSample) =>
    curatedQuestions([photo, zebra], { types: ['count'], balance: false, perImage: 200 }).questions.filter(
      (each) => each.sample === 'p' && each.question.includes('dog'),
    );
  expect(countsOf(sample).map(({ answer }) => answer)).toContain('3');
  expect(countsOf(keepRegions(sample, dogs.slice(0, 2)))).toEqual([]);
});
