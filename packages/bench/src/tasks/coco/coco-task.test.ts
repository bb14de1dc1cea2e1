import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAbsent, readCases, sharedData, shuffled, writeFiles } from '../choice.test-support.js';
import { cocoBoxesTask, cocoMasksTask } from './coco-task.js';
import {
  type CocoResult,
  type CocoScores,
  movedAnnotations,
  readMiniScores,
} from './moved-annotations.test-support.js';
import type { CocoKind } from './read-coco.js';
import { overlapArea, runsArea, uniteRuns } from './runs.js';
import { runsOfPolygon } from './runs-of-polygon.js';

interface Cases {
  readonly polygons: readonly {
    readonly height: number;
    readonly width: number;
    readonly polygon: readonly number[];
    readonly counts: readonly number[];
  }[];
  readonly sets: readonly {
    readonly truth: {
      readonly images: object[];
      readonly annotations: object[];
      readonly categories: object[];
    };
    readonly results: readonly CocoResult[];
    readonly scores: CocoScores;
  }[];
}

const cases = await readCases<Cases>('coco');
const TASKS = { boxes: cocoBoxesTask, masks: cocoMasksTask } as const;
const KINDS = ['boxes', 'masks'] as const;
const scoreOf = (kind: CocoKind, folder: string, results = 'results.json', allowMissing = false) =>
  TASKS[kind].score({
    ...{ truth: [join(folder, 'instances_test.json')], predictions: [join(folder, results)], allowMissing },
  });
const expectScores = (got: Readonly<Record<string, unknown>>, wanted: CocoScores[CocoKind]) => {
  for (const [metric, value] of Object.entries(wanted))
    if (value === null) expect(got[metric], metric).toBeNull();
    else expect(got[metric], metric).toBeCloseTo(value, 12);
};

describe('masks as run lengths', () => {
  it('are those of pycocotools for polygons', () => {
    expect(cases.polygons).toHaveLength(300);
    for (const { height, width, polygon, counts } of cases.polygons)
      expect(
        runsOfPolygon(polygon, height, width).counts.filter((count, index) => index === 0 || count > 0),
      ).toEqual(counts.filter((count, index) => index === 0 || count > 0));
  });

  it('end at the border of the image, as those of pycocotools 2.0.11 do', () => {
    for (const [polygon, area] of [
      [[-50, -50, 60, -50, 60, 60, -50, 60], 64],
      [[-1e5, -1e5, 1e5, -1e5, 1e5, 1e5], 28],
      [[100, 100, 110, 100, 110, 110], 0],
    ] as const)
      expect(runsArea(runsOfPolygon(polygon, 8, 8)), polygon.join()).toBe(area);
  });

  it.each([
    ['a polygon of 7 numbers', [[1, 1, 6, 1, 6, 6, 1]]],
    ['a corner at -1e+300 pixels', [[0, 0, 1, 0, 1, -1e300]]],
    ['neither run lengths nor polygons', [[1, 1, 6, 1]]],
    ['run lengths that do not fill it', { size: [8, 8], counts: [60] }],
  ])('are refused for %s, by the name of the record', async (fault, segmentation) => {
    const folder = await writeFiles({
      'instances_test.json': {
        images: [{ id: 5, height: 8, width: 8 }],
        categories: [{ id: 2, name: 'cat' }],
        annotations: [
          { id: 71, image_id: 5, category_id: 2, bbox: [0, 0, 8, 8], area: 9, iscrowd: 0, segmentation },
        ],
      },
      'results.json': [],
    });
    const refused = scoreOf('masks', folder);
    await expect(refused).rejects.toMatchObject({ code: 'bench/bad-truth' });
    await expect(refused).rejects.toThrow(/instances_test\.json: expected annotation 1 \(id 71\) /);
    await expect(refused).rejects.toThrow(`got ${fault}`);
  });

  it('unite and overlap as their pixels do', () => {
    const pixels = (counts: readonly number[]) =>
      counts.flatMap((count, index) => Array.from({ length: count }, () => index % 2 === 1));
    const masks = cases.polygons.map(({ polygon }) => runsOfPolygon(polygon, 20, 30));
    for (const [index, a] of masks.entries()) {
      const b = masks[(index + 1) % masks.length] ?? a;
      const [inA, inB] = [pixels(a.counts), pixels(b.counts)];
      const shared = inA.filter((each, place) => each && inB[place]).length;
      const union = inA.filter((each, place) => each || inB[place]).length;
      expect(overlapArea(a, b)).toEqual({ shared, union });
      expect(pixels(uniteRuns(a, b).counts)).toEqual(inA.map((each, place) => each || inB[place] === true));
      expect(runsArea(uniteRuns(a, b))).toBe(union);
    }
  });
});

describe.each(KINDS)('COCO %s', (kind) => {
  it('has the 12 numbers of pycocotools', async () => {
    expect(cases.sets).toHaveLength(25);
    for (const { truth, results, scores } of cases.sets) {
      const folder = await writeFiles({ 'instances_test.json': truth, 'results.json': results });
      const { n, metrics } = await scoreOf(kind, folder);
      expect(n).toBe(truth.images.length);
      expectScores(metrics, scores[kind]);
    }
  });

  it('does not change by the order of images and of results of different scores', async () => {
    const { truth, results, scores } = cases.sets[0] as Cases['sets'][number];
    // Equal scores keep their order, in COCO's rule too: they are made different by less than any step between them.
    const distinct = results.map((each, place) => ({ ...each, score: each.score - place * 1e-7 }));
    const folder = await writeFiles({
      'instances_test.json': { ...truth, images: truth.images.toReversed() },
      'results.json': distinct,
      'shuffled.json': shuffled(distinct, 1),
    });
    const { metrics } = await scoreOf(kind, folder);
    expect((await scoreOf(kind, folder, 'shuffled.json')).metrics).toEqual(metrics);
    expect(Object.keys(metrics)).toEqual(Object.keys(scores[kind]));
  });

  it('is full for the objects themselves, with an interval of that; refuses what is not of the set', async () => {
    const runs = { size: [4, 4], counts: [2, 4, 10] };
    const object = { image_id: 5, category_id: 2, bbox: [0, 2, 2, 2], segmentation: runs };
    const folder = await writeFiles({
      'instances_test.json': {
        images: [{ id: 5, height: 4, width: 4 }],
        categories: [
          { id: 2, name: 'cat' },
          { id: 3, name: 'dog' },
        ],
        annotations: [{ ...object, id: 1, area: 4, iscrowd: 0 }],
      },
      'results.json': [{ ...object, score: 0.5 }],
      'other.json': [
        { ...object, image_id: 6, score: 0.5 },
        { ...object, category_id: 9, score: 0.5 },
      ],
      'turned.json': [{ ...object, segmentation: { size: [2, 8], counts: [2, 4, 10] }, score: 0.5 }],
      'empty.json': [],
      'broken.json': [{ ...object, bbox: [1, 2], segmentation: { ...runs, counts: [2, 4] }, score: 0.5 }],
    });
    const { metrics, byCategory, interval } = await scoreOf(kind, folder);
    for (const value of [metrics['ap'], metrics['apSmall'], metrics['ar1']]) expect(value).toBeCloseTo(1, 12);
    expect(metrics['apLarge']).toBeNull();
    expect(Object.keys(byCategory)).toEqual(['cat']);
    expect(interval['ap']?.map((end) => Number(end.toFixed(9)))).toEqual([1, 1]);
    await expect(scoreOf(kind, folder, 'other.json')).rejects.toThrow(/\(image 6, category 9\)/);
    expect((await scoreOf(kind, folder, 'other.json', true)).metrics['ap']).toBe(0);
    // A mask of as many pixels in another order is none of this image.
    if (kind === 'masks')
      await expect(scoreOf(kind, folder, 'turned.json')).rejects.toThrow('image 5 (8 x 2, expected 4 x 4)');
    await expect(scoreOf(kind, folder, 'empty.json')).rejects.toThrow(/expected detections in .*, got none/);
    expect((await scoreOf(kind, folder, 'empty.json', true)).metrics['ap']).toBe(0);
    await expect(scoreOf(kind, folder, 'broken.json')).rejects.toMatchObject({
      code: 'bench/bad-predictions',
    });
  });
});

const real = sharedData('coco-mini', 'annotations', 'instances_train2017.json');
describe.skipIf(isAbsent(real))('COCO 2017, 80 photos (needs the shared data)', () => {
  it.each(KINDS)('has the 12 numbers of pycocotools for %s moved by a rule', async (kind) => {
    const mini = await readMiniScores();
    const results = await movedAnnotations(real);
    expect(results).toHaveLength(mini.detections);
    const folder = await writeFiles({ 'results.json': results });
    const score = await TASKS[kind].score({ truth: [real], predictions: [join(folder, 'results.json')] });
    expectScores(score.metrics, mini.scores[kind]);
    const [low, high] = score.interval['ap'] ?? [1, 0];
    expect(low).toBeLessThan(Number(score.metrics['ap']));
    expect(high).toBeGreaterThan(Number(score.metrics['ap']));
  });
});
