import { photoFacts } from '@fgam/data';
import { expect, it } from 'vitest';
import { absentNames } from './absent-names.js';

it('leaves out what regions or texts of an image have', () => {
  const box = { x0: 0.1, y0: 0.4, x1: 0.3, y1: 0.6 };
  const dog = { id: '1', label: 'dog', description: 'a brown dog', source: 'coco', box } as const;
  const sample = {
    id: 'a',
    image: 'a.jpg',
    width: 64,
    height: 48,
    caption: 'Two cars and a dog.',
    regions: [dog],
  };
  expect(absentNames(photoFacts(sample), ['dog', 'car', 'cat', 'bus'])).toEqual(['cat', 'bus']);
});
