import { describe, expect, it } from 'vitest';
import { createGuessFollower } from './guess-follower.js';

describe('createGuessFollower', () => {
  const count = (said: readonly number[]) => [1, 2, 3, 4].map((more) => (said.at(-1) ?? 0) + more);

  it('proposes what is guessed of the answer so far, as much as is wanted', () => {
    const follower = createGuessFollower(count, 2);
    expect(follower.propose([7], 9)).toEqual([8, 9, 10, 11]);
    expect(follower.propose([7, 30], 3)).toEqual([31, 32, 33]);
  });

  it('makes no proposal that is not worth it', () => {
    expect(createGuessFollower(count, 3).propose([7], 2)).toEqual([]);
    expect(createGuessFollower(count, 5).propose([7], 9)).toEqual([]);
    expect(createGuessFollower(() => [], 1).propose([7], 9)).toEqual([]);
  });

  it('gives up after five wrong ones in a row', () => {
    const follower = createGuessFollower(count, 2);
    const take = (counts: readonly number[]) => {
      for (const each of counts) follower.taken(each);
      return follower.propose([7], 9).length > 0;
    };
    expect(take([0, 1, 0, 1])).toBe(true);
    // One that was worth it makes up for those before.
    expect(take([2, 0, 0, 0, 0])).toBe(true);
    expect(take([1])).toBe(false);
  });
});
