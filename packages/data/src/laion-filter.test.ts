import { describe, expect, it } from 'vitest';
import { createLaionFilter, type LaionFields, type LaionFilter } from './laion-filter.js';

const fields: LaionFields = {
  url: 'http://a/1.jpg',
  caption: 'a cat on a mat',
  width: 300,
  height: 200,
  similarity: 0.31,
  nsfw: 'UNLIKELY',
};
const reasonOf = (filter: LaionFilter, row: LaionFields = fields) =>
  createLaionFilter('test', filter)(row)?.reason;

describe('createLaionFilter', () => {
  it('keeps what lies within every limit, the limits too', () => {
    const filter = {
      minSide: 200,
      maxSide: 300,
      maxAspect: 1.5,
      minCaption: 14,
      maxCaption: 14,
      minSimilarity: 0.31,
      nsfw: ['UNLIKELY'],
    };
    expect(reasonOf(filter)).toBeUndefined();
    expect(reasonOf({})).toBeUndefined();
  });

  it.each([
    [{ minSide: 201 }, 'small-image'],
    [{ maxSide: 299 }, 'large-image'],
    [{ maxAspect: 1.49 }, 'aspect'],
    [{ minCaption: 15 }, 'caption-length'],
    [{ maxCaption: 13 }, 'caption-length'],
    [{ minSimilarity: 0.32 }, 'low-similarity'],
    [{ nsfw: ['UNSURE'] }, 'nsfw'],
  ] as const)('%j leaves it out as %s', (filter, reason) => {
    expect(reasonOf(filter)).toBe(reason);
  });

  it('leaves out what it can’t judge', () => {
    expect(reasonOf({ minSimilarity: 0 }, { url: 'x' })).toBe('bad-record');
    expect(reasonOf({ maxAspect: 2 }, { url: 'x', width: 3 })).toBe('bad-record');
  });

  it('keeps the first of an address or a caption among those that stay', () => {
    const refuse = createLaionFilter('test', { unique: ['url', 'caption'], minCaption: 2 });
    expect(refuse({ url: 'a', caption: 'x' })?.reason).toBe('caption-length');
    expect(refuse({ url: 'a', caption: 'one' })).toBeUndefined();
    expect(refuse({ url: 'a', caption: 'two' })?.reason).toBe('duplicate-url');
    expect(refuse({ url: 'b', caption: 'one' })?.reason).toBe('duplicate-caption');
    expect(refuse({ url: 'b', caption: 'two' })).toBeUndefined();
    const free = createLaionFilter('test', { unique: [] });
    expect(free(fields)).toBeUndefined();
    expect(free(fields)).toBeUndefined();
  });

  it('refuses limits that are none, all at once', () => {
    const filter = { minSide: 9, maxSide: 8, maxAspect: 0.5, minCaption: Number.NaN };
    expect(() => createLaionFilter('test', filter)).toThrow(/maxAspect 0.5.*minCaption NaN.*minSide 9 above/);
  });
});
