import { expect, it } from 'vitest';
import { collateDetections } from './collate-detections.js';
import type { Region, RegionSample } from './records.js';

const tokenize = (text: string): number[] => [...text].filter((c) => c !== ' ').map((c) => c.charCodeAt(0));

function region(label: string, [x0, y0, x1, y1]: readonly [number, number, number, number]): Region {
  return { id: label, box: { x0, y0, x1, y1 }, label, description: `a ${label}`, source: 'test' };
}

function sample(id: string, regions: readonly Region[]): RegionSample {
  return { id, image: `${id}.png`, width: 8, height: 8, regions };
}

it('gives a token the object whose centre lies in its cell, or near it', () => {
  // A grid of 4: the centre 0.4, 0.4 lies in cell 1, 1; cells' centres at 0.375 and 0.625. A quarter of 0.8
  // is 0.2, and 0.625 - 0.4 more.
  const wide = region('ab', [0, 0, 0.8, 0.8]);
  // Half of 1.0: cells' centres within 0.25 of 0.5.
  const whole = region('cd', [0, 0, 1, 1]);
  const { inputs, phrases, left } = collateDetections({
    samples: [sample('x', [wide]), sample('y', [whole])],
    tokenize,
    grid: 4,
    maxPhrases: 3,
    maxTokens: 2,
  });
  expect(phrases).toEqual(['ab', 'cd']);
  expect(left).toBe(0);
  const [x, y] = [0, 1].map((b) => [...inputs.tokenPhrases.data.slice(b * 16, b * 16 + 16)]);
  expect(x?.flatMap((phrase, n) => (phrase >= 0 ? [n] : []))).toEqual([5]);
  expect(y?.flatMap((phrase, n) => (phrase === 1 ? [n] : []))).toEqual([5, 6, 9, 10]);
  expect([...inputs.tokenBoxes.data.slice(5 * 4, 6 * 4)]).toEqual(
    [0.4, 0.4, 0.8, 0.8].map((value) => expect.closeTo(value, 6) as number),
  );
  expect([...inputs.phraseIds.data]).toEqual([97, 98, 99, 100, 0, 0]);
  expect([...inputs.phraseTextMask.data]).toEqual([1, 1, 1, 1, 0, 0]);
  expect([...inputs.phraseMask.data]).toEqual([1, 1, 0]);
  expect(Object.values(inputs).map(({ shape }) => shape.join())).toEqual([
    '3,2',
    '3,2',
    '3',
    '2,16',
    '2,16,4',
  ]);
});

it('lets the smaller of two objects have a token, whatever their order', () => {
  const large = region('big', [0, 0, 1, 1]);
  const small = region('small', [0.25, 0.25, 0.5, 0.5]);
  for (const regions of [
    [large, small],
    [small, large],
  ]) {
    const { inputs, phrases } = collateDetections({ samples: [sample('x', regions)], tokenize, grid: 4 });
    expect(phrases[inputs.tokenPhrases.data[5] ?? -1]).toBe('small');
    expect(phrases[inputs.tokenPhrases.data[10] ?? -1]).toBe('big');
  }
});

it('counts regions whose phrase has no column, and leaves their tokens to the background', () => {
  const { inputs, phrases, left } = collateDetections({
    samples: [sample('x', [region('a', [0, 0, 0.5, 0.5]), region('b', [0.5, 0.5, 1, 1])])],
    tokenize,
    grid: 2,
    maxPhrases: 1,
  });
  expect(phrases).toEqual(['a']);
  expect(left).toBe(1);
  expect([...inputs.tokenPhrases.data]).toEqual([0, -1, -1, -1]);
});

it('reads the phrase that it is told to, and refuses what it can’t read', () => {
  const samples = [sample('x', [region('a', [0, 0, 0.5, 0.5])])];
  const phraseOf = ({ description }: Region) => description;
  expect(collateDetections({ samples, tokenize, grid: 2, phraseOf }).phrases).toEqual(['a a']);
  expect(() => collateDetections({ samples: [], tokenize, grid: 2 })).toThrow('at least one sample');
  expect(() => collateDetections({ samples, tokenize: () => [], grid: 2 })).toThrow(
    'expected a phrase with tokens for region a of x, got "a"',
  );
});
