import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskCoverage } from './mask-coverage.js';
import { maskWeights } from './mask-weights.js';
import { readCoco } from './read-coco.js';
import type { BoxUnit, Mask, Region } from './records.js';
import { roiWeights } from './roi-weights.js';
import { COCO_CROWD } from './select-regions.js';

const polygons = (...list: number[][]): Mask => ({ kind: 'polygons', polygons: list });
/** A mask's runs from rows of `.` and `#`. */
function runs(...rows: string[]): Mask {
  const width = rows[0]?.length ?? 0;
  const pixels = Array.from({ length: width }, (_, x) => rows.map((row) => row[x] === '#')).flat();
  const counts: number[] = [];
  let last = false;
  let count = 0;
  for (const pixel of pixels) {
    if (pixel !== last) {
      counts.push(count);
      count = 0;
      last = pixel;
    }
    count++;
  }
  return { kind: 'rle', size: [rows.length, width], counts: [...counts, count] };
}
const square = (x0: number, y0: number, x1: number, y1: number) => [x0, y0, x1, y0, x1, y1, x0, y1];

describe('maskCoverage', () => {
  it.each<[string, Mask, number[]]>([
    ['a triangle below the diagonal', polygons([0, 0, 1, 1, 0, 1]), [0.5, 0, 1, 0.5]],
    ['the same, the other way round', polygons([0, 1, 1, 1, 0, 0]), [0.5, 0, 1, 0.5]],
    // Two squares of 0.5 x 0.5 that share 0.25 x 0.25 in the middle: their union, not their sum.
    [
      'two that overlap',
      polygons(square(0.125, 0.125, 0.625, 0.625), square(0.375, 0.375, 0.875, 0.875)),
      // In cells: 0.75 x 0.75; 0.25 x 0.75 (the first) + 0.75 x 0.25 (the second) - 0.25 x 0.25; the same; 0.75 x 0.75.
      [0.5625, 0.3125, 0.3125, 0.5625],
    ],
    // Its two halves turn in opposite directions; signed area would be 0.
    ['a bow tie', polygons([0, 0, 1, 1, 1, 0, 0, 1]), [0.5, 0.5, 0.5, 0.5]],
    // A ring drawn as one polygon: there and back along a seam.
    [
      'a ring with a seam',
      polygons([0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75, 0.25, 0.25, 0.25]),
      [0.75, 0.75, 0.75, 0.75],
    ],
    ['what lies outside', polygons(square(-1, -1, 0.25, 3)), [0.5, 0, 0.5, 0]],
    ['pixels of 3 x 3: the middle one', runs('...', '.#.', '...'), [0.25 * (4 / 9), 1 / 9, 1 / 9, 1 / 9]],
    ['pixels that fit the cells', runs('#.#.', '.#..', '....', '..##'), [0.5, 0.25, 0, 0.5]],
    ['columns to their ends', runs('.#', '.#'), [0, 1, 0, 1]],
    ['one pixel for all', runs('#'), [1, 1, 1, 1]],
  ])('%s, by hand', (_, mask, expected) => {
    const cells = maskCoverage(mask, 2);
    expected.forEach((share, cell) => expect(cells[cell]).toBeCloseTo(share, 12));
  });

  it('has the area of a polygon by the shoelace formula, and each cell what a fine raster has', () => {
    // Corners all around the middle, in order of their angle: no edges cross.
    const star = fc
      .array(fc.double({ min: 0.05, max: 0.7, noNaN: true }), { minLength: 5, maxLength: 12 })
      .map((radii) =>
        radii.map((radius, i) => {
          const angle = (2 * Math.PI * i) / radii.length + 0.1;
          return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)];
        }),
      );
    fc.assert(
      fc.property(star, fc.integer({ min: 1, max: 6 }), (corners, grid) => {
        const cells = maskCoverage(polygons(corners.flat()), grid);
        const fine = 40;
        const within = (x: number, y: number) => {
          let is = false;
          corners.forEach(([x1 = 0, y1 = 0], i) => {
            const [x0 = 0, y0 = 0] = corners.at(i - 1) ?? [];
            if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) is = !is;
          });
          return is;
        };
        for (let cell = 0; cell < grid * grid; cell++) {
          let hits = 0;
          for (let v = 0; v < fine; v++)
            for (let u = 0; u < fine; u++)
              if (
                within(
                  ((cell % grid) + (u + 0.5) / fine) / grid,
                  (Math.floor(cell / grid) + (v + 0.5) / fine) / grid,
                )
              )
                hits++;
          expect(Math.abs((cells[cell] as number) - hits / fine ** 2)).toBeLessThan(0.06);
        }
        const isWithin = corners.flat().every((value) => value >= 0 && value <= 1);
        const twice = corners.reduce((sum, [x1 = 0, y1 = 0], i) => {
          const [x0 = 0, y0 = 0] = corners.at(i - 1) ?? [];
          return sum + x0 * y1 - x1 * y0;
        }, 0);
        const area = cells.reduce((sum, share) => sum + share, 0) / grid ** 2;
        if (isWithin) expect(area).toBeCloseTo(Math.abs(twice) / 2, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses runs that are not those of their size', () => {
    expect(() => maskCoverage({ kind: 'rle', size: [2, 2], counts: [1, 2] }, 2)).toThrow(
      /runs of 2 x 2 pixels, got 3/,
    );
    expect(() => maskCoverage({ kind: 'rle', size: [2, 2], counts: [5, -1] }, 2)).toThrow(/runs of/);
  });
});

describe('maskWeights', () => {
  const edge = fc.double({ min: 0, max: 1, noNaN: true });
  const box = fc
    .tuple(edge, edge, edge, edge)
    .filter(([a, b, c, d]) => Math.abs(a - b) > 1e-3 && Math.abs(c - d) > 1e-3)
    .map(
      ([a, b, c, d]): BoxUnit => ({
        x0: Math.min(a, b),
        x1: Math.max(a, b),
        y0: Math.min(c, d),
        y1: Math.max(c, d),
      }),
    );
  const grid = fc.integer({ min: 1, max: 14 });

  it("of a mask that is a whole box are the box's", () => {
    fc.assert(
      fc.property(box, grid, (of, side) => {
        const weights = maskWeights(polygons(square(of.x0, of.y0, of.x1, of.y1)), side);
        const expected = roiWeights(of, side);
        weights?.forEach((weight, cell) => expect(weight).toBeCloseTo(expected[cell] as number, 5));
        expect(weights).toHaveLength(side * side);
      }),
    );
  });

  it('sum to 1 and do not depend on the order of polygons or where one begins', () => {
    fc.assert(
      fc.property(fc.array(box, { minLength: 1, maxLength: 5 }), fc.nat(3), grid, (boxes, turn, side) => {
        const list = boxes.map(({ x0, y0, x1, y1 }) => square(x0, y0, x1, y1));
        const weights = maskWeights(polygons(...list), side);
        const turned = list.map((each) => [...each.slice(2 * turn), ...each.slice(0, 2 * turn)]).reverse();
        const again = maskWeights(polygons(...turned), side);
        expect(weights?.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        weights?.forEach((weight, cell) => expect(again?.[cell]).toBeCloseTo(weight, 6));
      }),
    );
  });

  it('are undefined, and nothing is written, where a mask covers nothing', () => {
    const into = new Float32Array(8).fill(7);
    for (const mask of [
      polygons(),
      polygons([0, 0, 1, 1, 0.5, 0.5]),
      polygons(square(2, 2, 3, 3)),
      runs('..', '..'),
    ])
      expect(maskWeights(mask, 2, into, 4)).toBeUndefined();
    expect([...into]).toEqual(new Array(8).fill(7));
    expect(maskWeights(runs('#.', '..'), 2, into, 4)).toBe(into);
    expect([...into]).toEqual([7, 7, 7, 7, 1, 7, 7, 7]);
  });
});

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
const isAbsent = !existsSync(coco) && process.env['FGAM_REQUIRE_ALL'] !== '1';

describe.skipIf(isAbsent)('masks of 80 COCO photos (needs the shared data)', async () => {
  const fixture = fileURLToPath(new URL('../test-fixtures/coco-mini-masks.json', import.meta.url));
  const recorded = JSON.parse(await readFile(fixture, 'utf8')) as {
    readonly areas: Readonly<Record<string, number>>;
    readonly cells: Readonly<Record<string, readonly number[]>>;
  };
  const file = join(coco, 'annotations', 'instances_train2017.json');
  const images = join(coco, 'train2017');
  const { samples } = isAbsent ? { samples: [] } : await readCoco({ instances: file, images, check: 'none' });
  const regions = samples.flatMap(({ width, height, regions: list }) =>
    list.map((region) => ({ region, pixels: width * height })),
  );
  const areaOf = ({ mask }: Region, grid: number) =>
    maskCoverage(mask as Mask, grid).reduce((sum, share) => sum + share, 0) / grid ** 2;

  it('have the areas that pycocotools has: crowds to the pixel, polygons within the pixels of their outline', () => {
    expect(regions).toHaveLength(739);
    for (const { region, pixels } of regions) {
      const area = areaOf(region, 7) * pixels;
      const expected = recorded.areas[region.id] as number;
      const { mask } = region;
      if (region.source === COCO_CROWD) expect(area, region.id).toBeCloseTo(expected, 4);
      else expect(Math.abs(area - expected), region.id).toBeLessThan(outline(mask as Mask, pixels));
    }
  });

  it("have the areas of the annotations themselves, where a polygon's edges do not cross", async () => {
    const { annotations } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly annotations: readonly {
        readonly id: number;
        readonly area: number;
        readonly iscrowd: number;
      }[];
    };
    const areas = new Map(
      annotations.map(({ id, area, iscrowd }) => [String(id), iscrowd === 1 ? undefined : area]),
    );
    const off = regions.filter(({ region, pixels }) => {
      const area = areas.get(region.id);
      return area !== undefined && Math.abs(areaOf(region, 5) * pixels - area) > 1e-3 + 1e-6 * area;
    });
    // Polygons of one object that overlap, or edges that cross: the sum of shoelace areas is not what is covered.
    expect(off).toHaveLength(2);
  });

  it('lie in the cells that pycocotools has them in', () => {
    expect(Object.keys(recorded.cells).length).toBeGreaterThan(10);
    for (const [id, cells] of Object.entries(recorded.cells)) {
      const found = regions.find(({ region }) => region.id === id);
      if (!found) throw new Error(`no annotation ${id}`);
      const { region, pixels } = found;
      const coverage = maskCoverage(region.mask as Mask, 7);
      const most = region.source === COCO_CROWD ? 1e-3 : outline(region.mask as Mask, pixels);
      cells.forEach((area, cell) =>
        expect(Math.abs(((coverage[cell] as number) * pixels) / 49 - area), `${id}, ${cell}`).toBeLessThan(
          most,
        ),
      );
    }
  });
});

/** Half of the pixels that the outline of a mask goes through, at least: what rasterising may add or take. */
function outline(mask: Mask, pixels: number): number {
  if (mask.kind === 'rle') return 0;
  const side = Math.sqrt(pixels);
  return mask.polygons.reduce((sum, polygon) => {
    let length = 0;
    for (let at = 0; at < polygon.length; at += 2)
      length += Math.hypot(
        ((polygon.at(at - 2) as number) - (polygon[at] as number)) * side,
        ((polygon.at(at - 1) as number) - (polygon[at + 1] as number)) * side,
      );
    return sum + 2 + length * 0.75;
  }, 0);
}
