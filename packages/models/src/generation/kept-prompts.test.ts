import { describe, expect, it } from 'vitest';
import { microConfig } from '../test-support.js';
import { createKeyValueCache } from './key-value-cache.js';
import { createKeptPrompts, sharedUnits } from './kept-prompts.js';

const config = microConfig();
/** 2 layers, keys and values of 2 heads of 4 numbers. */
const PLACE_BYTES = 2 * 2 * 2 * 4 * 4;

function prompt(units: readonly number[], value = 1) {
  const cache = createKeyValueCache(config, 2, 16);
  for (const { data } of Object.values(cache.tensors)) data.fill(value, data.length / 2);
  return { units, tensors: cache.tensors, row: 1 };
}

describe('createKeptPrompts', () => {
  it('keeps copies of as many places as there are units', () => {
    const kept = createKeptPrompts(config, 1000 * PLACE_BYTES);
    const given = prompt([1, 2, 3]);
    kept.keep(given);
    for (const { data } of Object.values(given.tensors)) data.fill(9);
    const [found] = [...kept.all];
    expect(found?.units).toEqual([1, 2, 3]);
    for (const { shape, data } of Object.values(found?.tensors ?? {})) {
      expect(shape).toEqual([1, 2, 3, 4]);
      expect(new Set(data)).toEqual(new Set([1]));
    }
  });

  it('keeps the longer of two that begin alike', () => {
    const kept = createKeptPrompts(config, 1000 * PLACE_BYTES);
    for (const units of [[1, 2], [1, 2, 3], [1], [1, 4], [1, 2, 3]]) kept.keep(prompt(units));
    expect([...kept.all].map(({ units }) => String(units)).sort()).toEqual(['1,2,3', '1,4']);
  });

  it('lets the least recently used go, and keeps none that is larger than all it may keep', () => {
    const kept = createKeptPrompts(config, 6 * PLACE_BYTES);
    kept.keep(prompt([1, 1]));
    kept.keep(prompt([2, 2]));
    kept.keep(prompt([3, 3]));
    const [last] = [...kept.all].filter(({ units }) => units[0] === 1);
    if (last !== undefined) kept.touch(last);
    kept.keep(prompt([4, 4]));
    kept.keep(prompt([5, 5, 5, 5, 5, 5, 5]));
    expect([...kept.all].map(({ units }) => units[0]).sort()).toEqual([1, 3, 4]);
    const none = createKeptPrompts(config, 0);
    none.keep(prompt([1]));
    expect([...none.all]).toEqual([]);
  });
});

describe('sharedUnits', () => {
  it('counts to the first difference', () => {
    expect(sharedUnits([1, 2, 3], [1, 2, 4, 5])).toBe(2);
    expect(sharedUnits([1, 2], [1, 2, 3])).toBe(2);
    expect(sharedUnits([], [1])).toBe(0);
    expect(sharedUnits([-3, -3, 5], [-3, -4, 5])).toBe(1);
  });
});
