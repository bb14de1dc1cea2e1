import { describe, expect, it } from 'vitest';
import { contradictedSides, positionClaims } from './position-claims.js';

const sidesIn = (text: string) => positionClaims(text).map(({ sides }) => sides.join(' '));

describe('positionClaims', () => {
  it.each([
    ['a dog on the left', ['left']],
    ['a dog on left', ['left']],
    ['a parked car on the right side', ['right']],
    ['A dog to the far right.', ['right']],
    ['a dog, to the left', ['left']],
    ['To the right, a dog', ['right']],
    ['a dog to the left of the image', ['left']],
    ['the dog, at the upper left', ['left top']],
    ['a red car, bottom right corner', ['right bottom']],
    ['a small striped red circle at the top', ['top']],
    ['a dotted cross at the centre', ['centre']],
    ['a lamp in the middle right', ['right']],
    ['a bird in the upper part of the photo', ['top']],
    ['a black and white dog on the left', ['left']],
    ['a large, brown dog on the left', ['left']],
    ['a slice of the cake on the left', ['left']],
    ['a woman in a blue dress on the left', ['left']],
    ['a dog sitting on the left, next to a cat', ['left']],
    ['the dog is on the left', ['left']],
    ['a cup with a spoon on the left of the picture', ['left']],
    ['stripes at the bottom of the image', ['bottom']],
    ['a dog on the left and a cat on the right', ['left']],
    ['a wooden bed at the bottom', ['bottom']],
  ])('%s', (text, sides) => {
    expect(sidesIn(text)).toEqual(sides);
  });

  it.each([
    // Where something looks, goes or leans.
    'a man looking to the left',
    'a man looking to the far left',
    'a man looking at the top right',
    'a man who looks to the left of the image',
    'a bus turning to the right',
    'a bus that turned to the right of the picture',
    'a person facing to the left',
    'a man leaning towards the right',
    'a car driving to the right of the photo',
    'a tower tilted to the left',
    'a dog running to the left',
    'a car to the left',
    // The thing's own sides.
    'a cup with stripes at the bottom',
    'a vase, blue stripes at the bottom',
    'a shirt torn at the bottom',
    'a glass open at the top',
    'a car dented on the left',
    'a flag blue on the left and red on the right',
    'a bottle at the top of a shelf',
    'at the top is a cap',
    'a donut with a hole in the middle',
    'a dog with the left paw up',
    'a nail at the top of the picture frame',
    'windows on the left and right',
    // Another thing's.
    'a man watching a dog on the left of the image',
    'a car beside a tree on the left of the image',
    'a dog on the left of the table',
    'a dog left of the table',
    'a cat and a dog on the left',
    'a man holding a cat on the left',
    'second dog from the left',
    'a dog, a cat on the left of the image',
    // Denied.
    'a dog that is not on the left',
    "a dog that isn't on the left of the image",
  ])('says nothing of: %s', (text) => {
    expect(sidesIn(text)).toEqual([]);
  });

  it('quotes the words', () => {
    expect(positionClaims('a dog in the top left corner of the image, asleep')[0]?.words).toBe(
      'in the top left corner of the image',
    );
  });

  it('takes no long time for a long text', () => {
    const text = `a ${'red and '.repeat(20_000)}dog ${'on the left of '.repeat(20_000)}`;
    expect(positionClaims(text)).toEqual([]);
    expect(positionClaims('on the left, '.repeat(20_000))).toHaveLength(1);
    expect(positionClaims(' '.repeat(100_000))).toEqual([]);
  });
});

describe('contradictedSides', () => {
  it.each([
    [{ x0: 0.7, y0: 0.8, x1: 0.9, y1: 0.9 }, ['left', 'top']],
    // Reaches over the middle: on neither side.
    [{ x0: 0.4, y0: 0.4, x1: 0.9, y1: 0.9 }, []],
    [{ x0: 0.8, y0: 0.4, x1: 0.9, y1: 0.6 }, ['left']],
    [{ x0: 0.8, y0: 0.8, x1: 0.9, y1: 0.9 }, ['left', 'top', 'centre']],
  ] as const)('%o: %o', (box, expected) => {
    const wrong = contradictedSides(['left', 'right', 'top', 'bottom', 'centre'], box);
    expect(wrong).toEqual(expected);
  });
});
