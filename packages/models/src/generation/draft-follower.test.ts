import { describe, expect, it } from 'vitest';
import { createDraftFollower } from './draft-follower.js';

/** How many proposals an answer takes to be said behind a draft, and how many tokens they were right about. */
function followed(draft: readonly number[], answer: readonly number[], { most = 15, worth = 1 } = {}) {
  const follower = createDraftFollower(draft, worth);
  let count = draft.findIndex((token, i) => token !== answer[i]);
  if (count < 0) count = draft.length;
  const cost = { steps: 0, proposals: 0, taken: 0 };
  for (let said = count + 1; said < answer.length; said += 1) {
    const proposed = follower.propose(answer.slice(0, said), Math.min(most, answer.length - said - 1));
    const wrong = proposed.findIndex((token, i) => token !== answer[said + i]);
    const taken = wrong < 0 ? proposed.length : wrong;
    cost.steps += 1;
    if (proposed.length === 0) continue;
    follower.taken(taken);
    cost.proposals += 1;
    cost.taken += taken;
    said += taken;
  }
  return cost;
}

describe('createDraftFollower', () => {
  const draft = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21];

  it('goes on behind a token that stands for another at once', () => {
    const answer = draft.with(3, 99);
    expect(createDraftFollower(draft, 1).propose(answer.slice(0, 4), 3)).toEqual([14, 15, 16]);
    expect(followed(draft, answer)).toEqual({ steps: 1, proposals: 1, taken: 7 });
  });

  it('finds its place where tokens came in or fell out', () => {
    // Two more: the guess that one token stands for one fails, and then nothing agrees until the draft is there again.
    const longer = [...draft.slice(0, 3), 98, 99, ...draft.slice(3)];
    expect(followed(draft, longer).steps).toBeLessThanOrEqual(5);
    const shorter = [...draft.slice(0, 3), ...draft.slice(5)];
    expect(createDraftFollower(draft, 1).propose(shorter.slice(0, 4), 9)).toEqual([16, 17, 18, 19, 20, 21]);
    expect(followed(draft, shorter)).toEqual({ steps: 1, proposals: 1, taken: 5 });
    // What agrees longest counts, however far it is.
    expect(createDraftFollower(draft, 1).propose([10, 99, 18, 19], 9)).toEqual([20, 21]);
    // One token alone counts only near to where the draft was left.
    expect(createDraftFollower([1, 2, 3, 4, 5, 6, 7, 8], 1).propose([1, 7], 9)).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it('takes the nearest of equals, from where the two last went together', () => {
    const repeated = [1, 5, 2, 6, 1, 5, 3, 7, 1, 5, 4, 8];
    expect(createDraftFollower(repeated, 1).propose([1, 5, 2, 6, 9, 1, 5], 2)).toEqual([3, 7]);
    const follower = createDraftFollower(repeated, 1);
    // Four tokens fell out: from now on the draft is four places ahead.
    expect(follower.propose([1, 5, 3], 1)).toEqual([7]);
    follower.taken(1);
    expect(follower.propose([1, 5, 3, 7, 99], 9)).toEqual([5, 4, 8]);
  });

  it('gives up an answer that is another one', () => {
    const answer = Array.from({ length: 64 }, (_, i) => 100 + i);
    expect(followed(draft, answer)).toMatchObject({ proposals: 1, taken: 0 });
    // Even where each single token is one of the draft's.
    const back = Array.from({ length: 64 }, (_, i) => draft[(7 * i) % draft.length] ?? 0);
    expect(followed(draft, back).proposals).toBeLessThanOrEqual(5);
  });

  it('makes no proposal that is not worth it, and gives up where few of each are taken', () => {
    expect(createDraftFollower(draft, 8).propose([10, 99], 15)).toHaveLength(10);
    expect(createDraftFollower(draft, 8).propose([10, 99], 7)).toEqual([]);
    expect(createDraftFollower(draft, 8).propose([10, 11, 12, 13, 99], 15)).toEqual([]);
    // Two tokens of the draft, and then another, again and again.
    const answer = Array.from({ length: 96 }, (_, i) => (i % 3 === 2 ? 99 : 1000 + i));
    const long = Array.from({ length: 96 }, (_, i) => 1000 + i);
    expect(followed(long, answer).proposals).toBeGreaterThan(20);
    expect(followed(long, answer, { worth: 8 }).proposals).toBeLessThanOrEqual(5);
  });

  it('proposes nothing beyond the draft or where nothing is wanted', () => {
    expect(createDraftFollower(draft, 1).propose(draft, 9)).toEqual([]);
    expect(createDraftFollower(draft, 1).propose([10, 99], 0)).toEqual([]);
    expect(createDraftFollower([], 1).propose([1], 9)).toEqual([]);
  });
});
