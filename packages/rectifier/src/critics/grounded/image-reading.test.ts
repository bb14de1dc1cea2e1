import { describe, expect, it } from 'vitest';
import { ImageReading } from './image-reading.js';

const ontology = { nouns: ['cat', 'dog'], attributes: { colour: ['red', 'blue'] }, unsaid: {} };
const phrase = (noun: string, colour?: string) => ({ noun, attributes: colour ? { colour } : {} });
const subjects = [phrase('cat', 'red'), phrase('cat', 'blue'), phrase('dog', 'red'), phrase('dog', 'blue')];
const left = { x0: 0, y0: 0, x1: 0.4, y1: 0.4 };
/** Beside `left` by a tenth of its side: IoU 0.9 / 1.1. */
const near = { x0: 0.04, y0: 0, x1: 0.44, y1: 0.4 };
const right = { x0: 0.6, y0: 0.6, x1: 1, y1: 1 };

/** With s = ln 3, a cosine of 1 weighs 3 and one of 0 weighs 1. */
function reading(cosines: readonly (readonly number[])[], boxes = [left, right]) {
  const size = { width: 64, height: 64 };
  return new ImageReading({ size, boxes, subjects, ontology, cosines, logitScale: Math.log(3) });
}
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value) as number);

describe('ImageReading', () => {
  const seen = reading([
    [1, 0, 0, 0],
    [0, 0, 0, -1],
  ]);

  it('has evidence of a phrase: its probability times its similarity', () => {
    // Left: 3 of 6 for the red cat, 4 of 6 for a cat, both with cosine 1. Right: nothing is similar.
    expect(seen.evidence(phrase('cat', 'red'))).toEqual(close([1 / 2, 0]));
    expect(seen.evidence(phrase('cat'))).toEqual(close([2 / 3, 0]));
    expect(seen.evidence(phrase('dog'))).toEqual([0, 0]);
    expect(seen.evidence(phrase('', 'red'))).toEqual(close([2 / 3, 0]));
  });

  it('knows the phrases of its ontology', () => {
    expect(seen.knows(phrase('cat'))).toBe(true);
    expect(seen.knows(phrase('cat', 'green'))).toBe(false);
    expect(seen.knows(phrase('bird'))).toBe(false);
  });

  it('grounds a phrase in its best box, of those that are allowed', () => {
    expect(seen.ground(phrase('cat'))).toEqual({
      box: left,
      index: 0,
      score: expect.closeTo(2 / 3) as number,
    });
    expect(seen.ground(phrase('cat'), ({ x0 }) => x0 > 0.5)).toEqual({ box: right, index: 1, score: 0 });
    expect(seen.ground(phrase('cat'), () => false)).toBeUndefined();
  });

  it('averages a box with its neighbours, by evidence', () => {
    const both = reading(
      [
        [1, 0, 0, 0],
        [1, 0, 0, 0],
      ],
      [left, near],
    );
    expect(both.ground(phrase('cat'))?.box.x0).toBeCloseTo(0.02);
    // A neighbour with less than 0.8 of the evidence has no vote.
    const one = reading(
      [
        [1, 0, 0, 0],
        [0.5, 0, 0, 0],
      ],
      [left, near],
    );
    expect(one.ground(phrase('cat'))?.box).toEqual(left);
  });

  it('orders the values of an attribute by probability, given the noun alone', () => {
    // Red 3, blue 1, among cats. The colour that the phrase claims does not count.
    const values = [
      { value: 'red', probability: expect.closeTo(3 / 4) as number },
      { value: 'blue', probability: expect.closeTo(1 / 4) as number },
    ];
    expect(seen.values(0, phrase('cat', 'blue'), 'colour')).toEqual(values);
    expect(seen.values(0, phrase('cat'), 'size')).toEqual([]);
  });

  it('finds objects, one where boxes overlap', () => {
    const three = reading(
      [
        [1, 0, 0, 0],
        [0.9, 0, 0, 0],
        [0, 0, 0, 0.95],
      ],
      [left, near, right],
    );
    expect(three.objects(0.3).map(({ subject, index }) => [subject, index])).toEqual([
      [phrase('cat', 'red'), 0],
      [phrase('dog', 'blue'), 2],
    ]);
    expect(three.objects(0.51)).toEqual([]);
  });
});

describe('ImageReading of detections', () => {
  /** `left` and `near` speak of one object, `right` of another. */
  const boxes = [left, near, right];
  const detected = [
    { kind: phrase('cat', 'red'), score: 0.9 },
    { kind: phrase('cat', 'blue'), score: 0.3 },
    { kind: phrase('dog', 'red'), score: 0.5 },
  ];
  const flat = boxes.map(() => [0, 0, 0, 0]);
  const read = (cosines: readonly (readonly number[])[] = flat) =>
    new ImageReading({
      ...{ size: { width: 64, height: 64 }, boxes, subjects, ontology, cosines, detected },
      logitScale: Math.log(3),
    });

  it('has evidence by the detector where similarity says nothing', () => {
    // Left and near: weights 0.9, 0.3, 0.01, 0.01 of 1.22, presence 0.9.
    const both = (0.9 * 0.9) / 1.22;
    expect(read().evidence(phrase('cat', 'red'))).toEqual(close([both, both, (0.5 * 0.01) / 0.53]));
    expect(read().evidence(phrase('dog', 'red'))[2]).toBeCloseTo((0.5 * 0.5) / 0.53);
    expect(read().ground(phrase('dog'))?.index).toBe(2);
  });

  it('lets similarity speak beside it', () => {
    // p of the blue cat is 3 times that of the others: weights 0.9, 0.9, 0.01, 0.01.
    const seen = read([
      [0, 1, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(seen.evidence(phrase('cat', 'blue'))[0]).toBeCloseTo((0.9 * 0.9) / 1.82);
    expect(seen.values(0, phrase('cat'), 'colour')[0]?.probability).toBeCloseTo(0.5);
  });

  it('counts one object for detections that overlap', () => {
    expect(
      read()
        .objects(0.2)
        .map(({ subject }) => subject),
    ).toEqual([phrase('cat', 'red'), phrase('dog', 'red')]);
  });

  it('sees a small object on a large one, which candidates of a grid do not tell from one', () => {
    // All of it on `left`: IoU 0.25 x 0.25 / 0.16.
    const small = { x0: 0.1, y0: 0.1, x1: 0.35, y1: 0.35 };
    const cosines = [
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ];
    const parts = { size: { width: 64, height: 64 }, boxes: [left, small], subjects, ontology, cosines };
    const coarse = new ImageReading({ ...parts, logitScale: 3 });
    expect(coarse.objects(0.2).map(({ index }) => index)).toEqual([0]);
    expect(coarse.isSame(left, small)).toBe(true);
    const found = [phrase('cat', 'red'), phrase('dog', 'blue')].map((kind) => ({ kind, score: 0.9 }));
    const fine = new ImageReading({ ...parts, logitScale: 3, detected: found });
    expect(fine.objects(0.2).map(({ subject }) => subject)).toEqual(found.map(({ kind }) => kind));
    expect(fine.isSame(left, small)).toBe(false);
  });

  it('sees nothing where nothing was detected', () => {
    const none = new ImageReading({
      ...{ size: { width: 64, height: 64 }, boxes: [], subjects, ontology, cosines: [], detected: [] },
      logitScale: 1,
    });
    expect(none.ground(phrase('cat'))).toBeUndefined();
    expect(none.objects(0.1)).toEqual([]);
  });
});
