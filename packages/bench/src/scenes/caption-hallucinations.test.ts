import { describe, expect, test } from 'vitest';
import { captionMentions } from './caption-mentions.js';
import { compareCaptions } from './caption-hallucinations.js';
import { isRight } from './is-right.js';

const truth =
  'a small striped red circle at the top left , a large blue square at the centre , a large red circle at the bottom .';

describe('captionMentions', () => {
  test('reads names with what is said of them', () => {
    expect(captionMentions('An orange cross, a Large dotted blue square in the middle.')).toEqual([
      { kind: 'orange cross', size: undefined, texture: 'plain', place: undefined },
      { kind: 'blue square', size: 'large', texture: 'dotted', place: 'centre' },
    ]);
    expect(captionMentions('red and blue , a circle')).toEqual([]);
  });
});

describe('compareCaptions', () => {
  test('the truth has no fault', () => {
    expect(compareCaptions(truth, truth)).toEqual({
      mentions: 3,
      wrongObjects: 0,
      attributeClaims: 3,
      wrongAttributes: 0,
      relationClaims: 3,
      wrongRelations: 0,
      objects: 3,
      found: 3,
    });
  });

  test('each kind of fault is counted as itself', () => {
    const caption =
      'a small red circle at the top left , a large blue square at the right , a small green cross at the top .';
    expect(compareCaptions(caption, truth)).toEqual({
      mentions: 3,
      wrongObjects: 1, // the green cross
      attributeClaims: 2,
      wrongAttributes: 1, // the circle at the top left is striped
      relationClaims: 2,
      wrongRelations: 1, // the square is at the centre
      objects: 3,
      found: 2,
    });
  });

  test('objects of one kind are paired so that most holds, in any order', () => {
    const counts = compareCaptions(
      'a large red circle at the bottom , a small striped red circle at the top left .',
      truth,
    );
    expect(counts).toMatchObject({ wrongAttributes: 0, wrongRelations: 0, found: 2 });
  });

  test('one object named twice is found once', () => {
    const counts = compareCaptions(
      'a large blue square at the centre , a large blue square at the centre .',
      truth,
    );
    expect(counts).toMatchObject({ mentions: 2, wrongObjects: 0, found: 1 });
  });
});

describe('isRight', () => {
  const question = { id: '1', sample: '1', question: '?' };

  test('reads the first word of a yes/no answer', () => {
    const existence = { ...question, kind: 'existence', answer: 'no' } as const;
    expect(isRight(existence, 'No, there is none.')).toBe(true);
    expect(isRight(existence, 'yes')).toBe(false);
    expect(isRight(existence, 'know')).toBe(false);
  });

  test('compares words without case, punctuation, or the order of a list', () => {
    const location = { ...question, kind: 'location', answer: 'a red circle and a blue cross' } as const;
    expect(isRight(location, 'A blue cross and a red circle.')).toBe(true);
    expect(isRight(location, 'a blue cross')).toBe(false);
    expect(isRight({ ...question, kind: 'reasoning', answer: '2' }, ' 2 .')).toBe(true);
  });

  test('a caption is right where nothing it says is false', () => {
    const caption = { ...question, kind: 'caption', answer: truth } as const;
    expect(isRight(caption, 'a large blue square at the centre .')).toBe(true);
    expect(isRight(caption, 'a small blue square at the centre .')).toBe(false);
    expect(isRight(caption, '')).toBe(false);
  });
});
