import { describe, expect, it } from 'vitest';
import { collateRegions } from './collate-regions.js';
import { type Region, type RegionSample, RELATIONS } from './records.js';
import { COCO_CROWD } from './select-regions.js';

const words = new Map<string, number>();
const tokenize = (text: string) =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word) => words.get(word) ?? (words.set(word, words.size + 1), words.size));

function region(id: string, [x0, y0, x1, y1]: [number, number, number, number], description: string): Region {
  return { id, box: { x0, y0, x1, y1 }, label: description, description, source: 'scenes' };
}

const left = region('left', [0, 0.25, 0.25, 0.5], 'red dot');
const right = region('right', [0.75, 0.25, 1, 0.5], 'blue dot');
const below = region('below', [0, 0.75, 0.25, 1], 'red dot');
const samples: RegionSample[] = [
  { id: 'a', image: 'a', width: 8, height: 8, caption: 'two dots', regions: [left, right] },
  { id: 'b', image: 'b', width: 8, height: 8, regions: [below] },
];
const pixels = [new Uint8Array(8 * 8 * 3).fill(255), new Uint8Array(8 * 8 * 3)];
const options = { samples, pixels, tokenize, grid: 4, maxRegions: 3, maxTokens: 4, maxCaptionTokens: 4 };

describe('collateRegions', () => {
  const { inputs, regions, truncated } = collateRegions(options);

  it('has the documented shapes, whatever the samples hold', () => {
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      pixels: [2, 8, 8, 3],
      roiWeights: [2, 3, 16],
      regionMask: [2, 3],
      relations: [2, 3, 3],
      textIds: [2, 3, 4],
      textMask: [2, 3, 4],
      textGroups: [2, 3],
      captionIds: [2, 4],
      captionMask: [2, 4],
      captionGroups: [2],
      hasCaption: [2],
    });
    for (const { shape, data } of Object.values(inputs))
      expect(data).toHaveLength(shape.reduce((a, b) => a * b, 1));
    expect(truncated).toBe(0);
    expect(regions.map((list) => list.map(({ id }) => id))).toEqual([['left', 'right'], ['below']]);
  });

  it('normalises pixels to -1..1', () => {
    expect(inputs.pixels.data[0]).toBe(1);
    expect(inputs.pixels.data.at(-1)).toBe(-1);
  });

  it('masks padded regions in every array', () => {
    expect([...inputs.regionMask.data]).toEqual([1, 1, 0, 1, 0, 0]);
    expect([...inputs.textGroups.data]).toEqual([0, 1, -1, 0, -1, -1]);
    expect([...inputs.roiWeights.data.slice(2 * 16, 3 * 16)]).toEqual(new Array(16).fill(0));
    expect([...inputs.textMask.data.slice(0, 12)]).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(inputs.roiWeights.data[4]).toBe(1); // `left` is the first cell of the second row
  });

  it('labels relations both ways and masks the diagonal', () => {
    const [leftOf, rightOf] = [RELATIONS.indexOf('left-of'), RELATIONS.indexOf('right-of')];
    expect([...inputs.relations.data.slice(0, 9)]).toEqual([-1, leftOf, -1, rightOf, -1, -1, -1, -1, -1]);
    expect([...inputs.relations.data.slice(9)]).toEqual(new Array(9).fill(-1));
  });

  it('marks which samples have a caption', () => {
    expect([...inputs.hasCaption.data]).toEqual([1, 0]);
    expect([...inputs.captionGroups.data]).toEqual([0, -1]);
    expect([...inputs.captionMask.data]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('cuts and counts long texts', () => {
    const batch = collateRegions({ ...options, maxTokens: 1 });
    expect(batch.truncated).toBe(3);
    expect(batch.inputs.textIds.shape).toEqual([2, 3, 1]);
  });

  it('chooses among too many regions by seed, and leaves crowds out', () => {
    const many = Array.from({ length: 20 }, (_, i) => region(String(i), [0, 0, 0.5, 0.5], `dot ${i}`));
    const crowd = { ...region('crowd', [0, 0, 1, 1], 'dots'), source: COCO_CROWD };
    const one = {
      ...options,
      samples: [{ ...samples[0], regions: [crowd, ...many] } as RegionSample],
      pixels: [pixels[0] as Uint8Array],
    };
    const chosen = (seed: number) => collateRegions({ ...one, seed }).regions[0]?.map(({ id }) => id);
    expect(chosen(1)).toHaveLength(3);
    expect(chosen(1)).toEqual(chosen(1));
    expect(new Set([0, 1, 2, 3, 4].map((seed) => String(chosen(seed)))).size).toBeGreaterThan(1);
    const all = collateRegions({ ...one, maxRegions: 30 }).regions[0];
    expect(all?.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  });

  it('adds hard negatives with their own masks', () => {
    const { negatives } = collateRegions({
      ...options,
      negatives: {
        count: 2,
        of: ({ id }) => (id === 'left' ? ['blue dot', 'green dot', 'old dot'] : ['old dot']),
      },
    });
    expect(negatives?.negativeIds.shape).toEqual([2, 3, 2, 4]);
    expect([...(negatives?.negativeMask.data ?? [])]).toEqual([1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect([...(negatives?.negativeIds.data.slice(0, 2) ?? [])]).toEqual(tokenize('blue dot'));
  });

  it('numbers negatives that are descriptions of the batch, those that come later too', () => {
    const { negatives, inputs: own } = collateRegions({
      ...options,
      negatives: { count: 2, of: ({ id }) => (id === 'left' ? ['blue dot', 'green dot'] : ['red dot']) },
    });
    const [red, blue] = own.textGroups.data;
    expect([...(negatives?.negativeGroups.data ?? [])]).toEqual([
      ...[blue, -2],
      ...[red, -2],
      ...[-2, -2],
      ...[red, -2],
      ...[-2, -2, -2, -2],
    ]);
  });

  it('takes texts of the same first tokens for one, negatives among them', () => {
    const long = (end: string) => `a small plain ${end}`;
    const texts = ['red dot', 'blue dot'].map((end, i) =>
      region(String(i), [0, i / 2, 0.5, i / 2 + 0.5], long(end)),
    );
    const one = {
      ...{ ...options, pixels: pixels.slice(0, 1), maxTokens: 3 },
      samples: [{ ...samples[0], regions: texts } as RegionSample],
      negatives: { count: 2, of: () => [long('green dot'), 'another thing'] },
    };
    const { inputs: cut, negatives } = collateRegions(one);
    expect([...cut.textGroups.data.slice(0, 2)]).toEqual([0, 0]);
    // A negative in a region's own group counts for nothing (`regionTextLoss`).
    expect([...(negatives?.negativeGroups.data.slice(0, 4) ?? [])]).toEqual([0, -2, 0, -2]);
    expect([...collateRegions({ ...one, maxTokens: 5 }).inputs.textGroups.data.slice(0, 2)]).toEqual([0, 1]);
  });

  it('adds wrong captions, but for those that can not be told from the right one', () => {
    const { captionNegatives } = collateRegions({
      ...options,
      captionNegatives: {
        count: 2,
        of: ({ id }, row) =>
          id === 'a'
            ? ['two dots', 'three dots', `${row} dots`, 'many dots']
            : ['no caption here now or later'],
      },
    });
    expect(captionNegatives?.wrongCaptionIds.shape).toEqual([2, 2, 4]);
    expect([...(captionNegatives?.wrongCaptionMask.data ?? [])]).toEqual([1, 1, 1, 0]);
    const ids = [...(captionNegatives?.wrongCaptionIds.data ?? [])];
    expect(ids.slice(0, 8)).toEqual([...tokenize('three dots'), 0, 0, ...tokenize('0 dots'), 0, 0]);
    // Cut at four tokens, one that differs in the fifth is the caption itself.
    const long = { ...samples[0], caption: 'one two three four five' } as RegionSample;
    const cut = collateRegions({
      ...{ ...options, samples: [long], pixels: pixels.slice(0, 1) },
      captionNegatives: { count: 1, of: () => ['one two three four six'] },
    });
    expect([...(cut.captionNegatives?.wrongCaptionMask.data ?? [])]).toEqual([0]);
  });

  it('refuses texts without tokens and images that do not fit', () => {
    expect(() => collateRegions({ ...options, textOf: () => '' })).toThrow(/expected a text with tokens/);
    expect(() => collateRegions({ ...options, pixels: [] })).toThrow(/as many images as samples/);
    expect(() => collateRegions({ ...options, pixels: [new Uint8Array(12), new Uint8Array(27)] })).toThrow(
      /expected 12 bytes/,
    );
    expect(() => collateRegions({ ...options, pixels: [new Uint8Array(10), new Uint8Array(10)] })).toThrow(
      /expected S \* S \* 3 bytes/,
    );
  });

  it('pools by masks where asked to, by boxes where a mask is missing or empty', () => {
    const mask = { kind: 'polygons', polygons: [[0, 0.25, 0.25, 0.5, 0, 0.5]] } as const;
    const empty = { kind: 'rle', size: [2, 2], counts: [4] } as const;
    const masked = [
      { ...left, box: { x0: 0, y0: 0, x1: 0.5, y1: 0.5 }, mask },
      { ...right, mask: empty },
      below,
    ];
    const given = {
      ...options,
      samples: [{ ...(samples[0] as RegionSample), regions: masked }],
      pixels: pixels.slice(0, 1),
    };
    const byBox = collateRegions(given);
    expect(byBox.pooling).toEqual([['box', 'box', 'box']]);
    expect(collateRegions({ ...given, pooling: 'box' }).inputs).toEqual(byBox.inputs);
    const byMask = collateRegions({ ...given, pooling: 'mask' });
    expect(byMask.pooling).toEqual([['mask', 'box', 'box']]);
    const row = (batch: typeof byBox, r: number) => [
      ...batch.inputs.roiWeights.data.slice(16 * r, 16 * (r + 1)),
    ];
    // The triangle lies in one cell of the four of its box.
    expect(row(byBox, 0).filter(Boolean)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(
      row(byMask, 0)
        .map((weight, cell) => [cell, weight])
        .filter(([, weight]) => weight),
    ).toEqual([[4, 1]]);
    expect(row(byMask, 1)).toEqual(row(byBox, 1));
    expect(row(byMask, 2)).toEqual(row(byBox, 2));
    expect({ ...byMask.inputs, roiWeights: byBox.inputs.roiWeights }).toEqual(byBox.inputs);
  });
});
