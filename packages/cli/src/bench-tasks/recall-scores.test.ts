import { expect, test } from 'vitest';
import { recallScores } from './recall-scores.js';

const rows = (...values: number[][]) => values.map((row) => Float32Array.from(row));

test('equal descriptions are one text with several right regions', () => {
  // Regions 0 and 1 are dogs, 2 is a cat. Region 1 looks like a cat; the text dog finds region 0
  // first, the text cat region 1.
  const similarity = rows([0.9, 0.1], [0.2, 0.8], [0.3, 0.7]);
  const regions = { texts: ['dog', 'cat'], textOf: [0, 0, 1], imageOf: ['a', 'a', 'b'] };
  const { regionToText, textToRegion } = recallScores(similarity, regions, 1);
  expect(regionToText[0]).toMatchObject({ k: 1, recall: 2 / 3, chance: 1 / 2, n: 3 });
  expect(textToRegion[0]).toMatchObject({ k: 1, recall: 1 / 2, n: 2 });
  // dog: 2 of 3 regions are right; cat: 1 of 3.
  expect(textToRegion[0]?.chance).toBeCloseTo((2 / 3 + 1 / 3) / 2);
  expect(textToRegion[1]).toMatchObject({ k: 5, recall: 1, chance: 1 });
});

test('intervals are drawn over images, and are points where every query is served', () => {
  const similarity = rows([1, 0], [1, 0], [1, 0], [1, 0]);
  const regions = { texts: ['dog', 'cat'], textOf: [0, 0, 1, 1], imageOf: ['a', 'a', 'b', 'b'] };
  const { regionToText } = recallScores(similarity, regions, 1);
  expect(regionToText[0]).toMatchObject({ recall: 0.5, interval: [0, 1] });
  expect(regionToText[1]).toMatchObject({ recall: 1, interval: [1, 1] });
});
