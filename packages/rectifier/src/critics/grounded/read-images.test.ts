import type { RegionTextScorer } from '@fgam/data';
import { expect, it } from 'vitest';
import { locationOfBox } from '../../claims/locations.js';
import { pictureScenes } from '../../test-support.js';
import { createImageReader } from './read-images.js';

const [first, second] = await pictureScenes(2, 61);
if (!first || !second) throw new Error('no pictures');
const images = [first.image, second.image];
const ontology = { nouns: ['cat', 'dog'], attributes: { size: ['big', 'small'] }, unsaid: {} };
const boxes = [
  { x0: 0.8, y0: 0.8, x1: 1, y1: 1 },
  { x0: 0, y0: 0, x1: 0.2, y1: 0.2 },
  { x0: 0.8, y0: 0.7, x1: 1, y1: 1 },
];
type Requests = Parameters<RegionTextScorer['score']>[0];

/** Scores by a rule of image, box and text. */
function scorer(rule: (image: number, box: number, text: string) => number) {
  const calls: Requests[] = [];
  const made: RegionTextScorer = {
    name: 'by rule',
    async score(requests) {
      calls.push(requests);
      return requests.map(({ image, boxes: some, texts }) =>
        some.map((box) =>
          texts.map((text) => rule(images.indexOf(image as Uint8Array), boxes.indexOf(box), text)),
        ),
      );
    },
  };
  return { scorer: made, calls };
}

it('compares each box with the texts of its own place, in one call', async () => {
  const { scorer: made, calls } = scorer(() => 0);
  const readings = await createImageReader({ scorer: made, ontology, boxes })(images);
  expect(readings.map(({ size }) => size)).toEqual([
    { width: 64, height: 64 },
    { width: 64, height: 64 },
  ]);
  expect(calls).toHaveLength(1);
  // Two places an image.
  expect(calls[0]).toHaveLength(4);
  for (const request of calls[0] ?? []) {
    expect(request.texts).toHaveLength(4);
    for (const box of request.boxes)
      for (const text of request.texts) expect(text).toMatch(new RegExp(` at the ${locationOfBox(box)}$`));
  }
  expect(calls[0]?.[0]?.texts[0]).toBe('a big cat at the top left');
});

it('reads an image once, in one call with another or in the next', async () => {
  const { scorer: made, calls } = scorer((image) => image);
  const read = createImageReader({ scorer: made, ontology, boxes });
  const [one] = await read([first.image]);
  const [two, again, same] = await read([second.image, first.image, second.image]);
  expect(again).toBe(one);
  expect(same).toBe(two);
  expect(two).not.toBe(one);
  expect(await read([second.image])).toEqual([two]);
  expect(calls.map((requests) => requests.length)).toEqual([2, 2]);
});

it('gives each box and image its own scores', async () => {
  const { scorer: made } = scorer((image, box, text) =>
    image === 1 && box === 2 && text === 'the small dog , bottom right' ? 1 : 0,
  );
  const describe = (
    { noun, attributes }: { noun: string; attributes: Readonly<Record<string, string>> },
    at: string,
  ) => `the ${attributes.size} ${noun} , ${at}`;
  const [none, one] = await createImageReader({ scorer: made, ontology, boxes, describe })(images);
  const dog = { noun: 'dog', attributes: { size: 'small' } };
  expect(none?.evidence(dog)).toEqual([0, 0, 0]);
  expect(one?.evidence(dog)).toEqual([0, 0, expect.closeTo(1, 4) as number]);
});

it('asks nothing about no images', async () => {
  const { scorer: made, calls } = scorer(() => 0);
  expect(await createImageReader({ scorer: made })([])).toEqual([]);
  expect(calls).toEqual([]);
});

it('refuses ontologies and boxes that say nothing', () => {
  const { scorer: made } = scorer(() => 0);
  const sizes = Array.from({ length: 201 }, (_, i) => String(i));
  for (const options of [
    { ontology: { ...ontology, nouns: [] } },
    { ontology: { ...ontology, attributes: { size: [] } } },
    { ontology: { nouns: ['cat'], attributes: { size: sizes, age: sizes }, unsaid: {} } },
    { boxes: [] },
  ])
    expect(() => createImageReader({ scorer: made, ...options })).toThrow(
      expect.objectContaining({ code: 'rectifier/bad-config' }),
    );
});

it('refuses scores of another shape, or that are no numbers', async () => {
  const answers: ReturnType<RegionTextScorer['score']>[] = [];
  const read = createImageReader({
    scorer: { name: 'broken', score: async () => answers.shift() ?? [] },
    ontology,
    boxes: boxes.slice(0, 1),
  });
  for (const scores of [[], [[]], [[[1, 1, 1]]], [[[1, 1, 1, Number.NaN]]]]) {
    answers.push(Promise.resolve(scores));
    await expect(read([first.image])).rejects.toMatchObject({ code: 'rectifier/bad-port' });
  }
  answers.push(Promise.resolve([[[1, 1, 1, 1]]]));
  expect(await read([first.image])).toHaveLength(1);
});

it('refuses a picture that is none', async () => {
  const { scorer: made } = scorer(() => 0);
  const read = createImageReader({ scorer: made, ontology, boxes });
  await expect(read([new Uint8Array([1, 2, 3])])).rejects.toMatchObject({ code: 'data/bad-image' });
});

it('takes the boxes of each image from a detector that is asked for all kinds', async () => {
  const colours = { nouns: ['cat', 'dog'], attributes: { colour: ['red', 'blue'] }, unsaid: {} };
  const asked: (readonly string[])[] = [];
  const box = boxes[1] as (typeof boxes)[number];
  const detector = {
    name: 'finds a red cat in the second image',
    detect: async (requests: readonly { readonly image: unknown; readonly phrases: readonly string[] }[]) => {
      asked.push(...requests.map(({ phrases }) => phrases));
      return requests.map(({ image }) =>
        image === second.image ? [{ box, label: 'red cat', score: 0.8 }] : [],
      );
    },
  };
  const { scorer: made, calls } = scorer(() => 0);
  const read = createImageReader({ scorer: made, ontology: colours, detector });
  const [none, one] = await read(images);
  // What was found is kept, and that nothing was.
  expect(await read(images)).toEqual([none, one]);
  expect(calls).toHaveLength(1);
  expect(asked).toEqual(Array.from({ length: 2 }, () => ['red cat', 'blue cat', 'red dog', 'blue dog']));
  expect(calls[0]).toEqual([{ image: second.image, boxes: [box], texts: expect.any(Array) as string[] }]);
  expect(none?.boxes).toEqual([]);
  const cat = { noun: 'cat', attributes: { colour: 'red' } };
  expect(one?.ground(cat)).toMatchObject({ box, score: expect.closeTo((0.8 * 0.8) / 0.83) as number });
});

it('refuses a detector that answers something else', async () => {
  const { scorer: made } = scorer(() => 0);
  const withResults = (results: readonly (readonly { label: string; score: number }[])[]) =>
    createImageReader({
      scorer: made,
      ontology,
      detector: {
        name: 'odd',
        detect: async () => results.map((list) => list.map((each) => ({ ...each, box: boxes[1] as never }))),
      },
    })(images);
  await expect(withResults([[]])).rejects.toThrow('expected 2 results of "odd", got 1');
  await expect(withResults([[{ label: 'bird', score: 0.5 }], []])).rejects.toThrow('got "bird" with 0.5');
  await expect(withResults([[{ label: 'cat', score: 2 }], []])).rejects.toThrow('got "cat" with 2');
});
