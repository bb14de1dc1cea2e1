import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDescription, cleanDescription } from './check-description.js';

const right = { x0: 0.7, y0: 0.1, x1: 0.9, y1: 0.3 };
const redCar = { box: right, label: 'car', attributes: ['red', 'old'] };
const reasonOf = (text: string, facts: Parameters<typeof checkDescription>[1] = redCar) =>
  checkDescription(text, facts)?.reason;

describe('checkDescription', () => {
  it.each([
    'a red car',
    'An old red car with a dented door, parked beside a blue truck',
    'a crimson sedan at the top right',
    'a red and white car',
    'two people next to a car',
    'a car on the right side of the image',
    'a red car to the left of a tree',
    'a red car on the left of the road',
    'a red car with its left door open',
    'a red car turning left',
    'a red car on top of a lorry',
    'a café on the corner behind a red car',
  ])('takes: %s', (text) => {
    expect(checkDescription(text, redCar)).toBeUndefined();
  });

  it.each([
    ['', 'empty'],
    [' \n ', 'empty'],
    ['car', 'short'],
    ['a red car '.repeat(20).trim(), 'long'],
    ['x'.repeat(100_000), 'long'],
    ['a red car\non the right', 'lines'],
    ['a red car\r', 'lines'],
    ['a red\u0000 car', 'control-characters'],
    ['a red\u001b[31m car', 'control-characters'],
    ['a red\u202e car', 'control-characters'],
    ['a red\u200b car', 'control-characters'],
    ['a red\u2028 car', 'control-characters'],
    ['<b>a red car</b>', 'markup'],
    ['a **red** car', 'markup'],
    ['- a red car', 'markup'],
    ['a red car, see https://example.com', 'markup'],
    ['a red car `rm -rf /`', 'markup'],
    ['a red car ${process.exit()}', 'markup'],
    ['一辆红色的车 在右边', 'language'],
    ['красная машина справа', 'language'],
    ["I'm sorry, I can't help with that", 'refusal'],
    ['I cannot see the picture', 'refusal'],
    ['As an AI language model, a red car', 'refusal'],
    ['unable to determine the object', 'refusal'],
    ['no image was provided', 'refusal'],
    ['a blue car', 'colour'],
    ['the car is blue', 'colour'],
    ['a blue sedan with chrome wheels', 'colour'],
    ['a new red car', 'attribute'],
    ['a red dog', 'category'],
    ['a red car on the left', 'position'],
    ['a red car in the lower right corner', 'position'],
    ['a red car at the bottom of the image', 'position'],
    ['a red car, bottom right corner', 'position'],
  ])('refuses: %j (%s)', (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });

  it('finds no contradiction where nothing is known', () => {
    expect(reasonOf('a blue dog', { box: right })).toBeUndefined();
    expect(reasonOf('a blue dog', { box: right, label: 'dog' })).toBeUndefined();
  });

  it('knows other words for a category, and categories of two words', () => {
    expect(reasonOf('a woman with an umbrella', { box: right, label: 'person' })).toBeUndefined();
    const grey = { box: right, label: 'person', attributes: ['grey'] };
    expect(reasonOf('a man holding a white cup', grey)).toBeUndefined();
    expect(reasonOf('a white statue', grey)).toBe('colour');
    expect(reasonOf('a television on a shelf', { box: right, label: 'tv' })).toBeUndefined();
    expect(reasonOf('a hot dog in a bun', { box: right, label: 'hot dog' })).toBeUndefined();
  });

  it('calls the centre wrong for corners alone', () => {
    const corner = { box: { x0: 0, y0: 0, x1: 0.2, y1: 0.2 } };
    const side = { box: { x0: 0.4, y0: 0.8, x1: 0.6, y1: 1 } };
    expect(reasonOf('a thing in the middle of the photo', corner)).toBe('position');
    expect(reasonOf('a thing in the middle of the photo', side)).toBeUndefined();
  });

  it.each([
    ['a man looking to the left', 'man'],
    ['a bus turning to the left', 'bus'],
    ['a person facing to the left', 'person'],
    ['a cup with stripes at the bottom', 'cup'],
    ['a vase, blue flowers at the bottom', 'vase'],
  ])('takes no direction, and no place in the thing, for one in the image: %s', (text, label) => {
    expect(checkDescription(text, { box: right, label })).toBeUndefined();
  });

  it('takes a side for right where the box reaches over the middle', () => {
    const wide = { box: { x0: 0.4, y0: 0.1, x1: 1, y1: 0.3 } };
    expect(reasonOf('a car on the left', wide)).toBeUndefined();
    expect(reasonOf('a car on the left', { box: { ...wide.box, x0: 0.51 } })).toBe('position');
  });

  it('checks other languages for form alone', () => {
    const facts = { box: right, label: 'car', attributes: ['red'] };
    expect(checkDescription('一辆红色的车', facts, { language: 'Chinese' })).toBeUndefined();
    expect(checkDescription('一辆\n红色的车', facts, { language: 'Chinese' })?.reason).toBe('lines');
  });

  it('gives a word at most of a text in its detail, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const fault = checkDescription(cleanDescription(text), redCar);
        expect((fault?.detail ?? '').length).toBeLessThan(60);
      }),
    );
  });
});

describe('cleanDescription', () => {
  it('takes off white space and one pair of quotation marks', () => {
    expect(cleanDescription(' "a red car" \n')).toBe('a red car');
    expect(cleanDescription("'a red car'")).toBe('a red car');
    expect(cleanDescription('"a" and "b')).toBe('"a" and "b');
    expect(cleanDescription('"stop" beside "go"')).toBe('"stop" beside "go"');
    expect(cleanDescription("'a man's car'")).toBe("a man's car");
    expect(cleanDescription("'stop' beside 'go'")).toBe("'stop' beside 'go'");
  });
});
