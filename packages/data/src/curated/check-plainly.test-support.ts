import { expect } from 'vitest';
import { iou } from '../box.js';
import type { Question, Region, RegionSample } from '../records.js';
import { parseLocation } from '../scenes/location-words.js';

/** A question's truth, read from its words and the boxes in the plainest way. */
export function checkPlainly({ question, answer, box, truth }: Question, { regions }: RegionSample): void {
  const singular: Readonly<Record<string, string>> = {
    dogs: 'dog',
    cats: 'cat',
    cups: 'cup',
    people: 'person',
  };
  const named = (name: string) => regions.filter(({ label }) => label === (singular[name] ?? name));
  const x = (each: Region) => (each.box.x0 + each.box.x1) / 2;
  const y = (each: Region) => (each.box.y0 + each.box.y1) / 2;
  const area = (each: Region) => (each.box.x1 - each.box.x0) * (each.box.y1 - each.box.y0);
  const by = (place: (each: Region) => number, list: readonly Region[]) =>
    [...list].sort((a, b) => place(a) - place(b));
  const isAt = (a: Region, side: string, b: Region) =>
    ({ left: x(a) < x(b), right: x(a) > x(b), above: y(a) < y(b), below: y(a) > y(b) })[
      side.replace(/^to the | of$/g, '')
    ];
  const pick = (words: string): Region => {
    const [, rank, name = '', row] = /^(\w+) (\w+)(?: from the (left|right))?$/.exec(words) ?? [];
    const [only] = named(words);
    if (rank === undefined && only) return only;
    const places = {
      largest: by((a) => -area(a), named(name)),
      smallest: by(area, named(name)),
      leftmost: by(x, named(name)),
      rightmost: by((a) => -x(a), named(name)),
    };
    const inRow = by(row === 'left' ? x : (a) => -x(a), named(name));
    const found = row ? inRow[rank === 'second' ? 1 : 2] : places[rank as keyof typeof places]?.[0];
    if (!found) throw new Error(words);
    return found;
  };
  const side = '(to the left of|to the right of|above|below)';
  const match = (pattern: string) => new RegExp(`^${pattern}$`).exec(question)?.slice(1);
  const says = (holds: boolean | undefined) => expect(answer, question).toBe(holds ? 'yes' : 'no');
  let parts: string[] | undefined;
  if ((parts = match('Is there an? (\\w+) in the image\\?'))) says(named(parts[0] as string).length > 0);
  else if ((parts = match('How many (\\w+) are in the image\\?')))
    expect(answer).toBe(String(named(parts[0] as string).length));
  else if ((parts = match(`How many (\\w+) are ${side} the (\\w+)\\?`))) {
    const [name = '', where = '', reference = ''] = parts;
    const [of, ...more] = named(reference);
    expect(more).toEqual([]);
    // Counted are those that are there first of all; the others lie the other way.
    const there = named(name).filter((each) => isAt(each, where, of as Region));
    expect(answer, question).toBe(String(there.length));
  } else if ((parts = match('Are there more (\\w+) than (\\w+) in the image\\?')))
    says(named(parts[0] as string).length > named(parts[1] as string).length);
  else if ((parts = match('Which takes up more of the image, the (\\w+) or the (\\w+)\\?'))) {
    const [a, b] = parts.map((name) => named(name)[0] as Region) as [Region, Region];
    expect(answer).toBe((area(a) > area(b) ? a : b).label);
  } else if ((parts = match(`Where is the (\\w+) ${side} the (\\w+)\\?`))) {
    const [name = '', where = '', reference = ''] = parts;
    const there = named(name).filter((each) => isAt(each, where, named(reference)[0] as Region));
    expect(there.map((each) => each.box)).toEqual([box]);
  } else if ((parts = match('Where is the (.+)\\?')))
    expect(pick(parts[0] as string).box, question).toEqual(box);
  else if ((parts = match(`Is the (.+) ${side} the (\\w+)\\?`))) {
    const [words = '', where = '', reference = ''] = parts;
    says(isAt(pick(words), where, named(reference)[0] as Region));
  } else throw new Error(`not read: ${question}`);
  expect(truth?.wrong).not.toContain(answer);
  expect(truth?.wrong.length).toBeGreaterThan(0);
  const right = parseLocation(answer);
  if (box)
    for (const wrong of truth?.wrong ?? []) {
      const said = parseLocation(wrong);
      // Boxes of location words are coarse: a cell more or less.
      expect(said && iou(said, box), `${question} ${wrong}`).toBeLessThan(0.5);
      expect(right && iou(right, box)).toBeGreaterThan(0.5);
    }
}
