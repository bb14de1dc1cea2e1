import { cocoOverlap } from './coco-overlap.js';
import type { CocoDetection, CocoObject, CocoTruth } from './read-coco.js';

/** `linspace(0.5, 0.95, 10)`, to the last bit as in pycocotools. */
export const IOU_THRESHOLDS: readonly number[] = Array.from(
  { length: 10 },
  (_, index) => 0.5 + index * ((0.95 - 0.5) / 9),
);

/** Areas in pixels, both ends included. */
export const AREAS = {
  all: [0, 1e5 ** 2],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e5 ** 2],
} as const;

/** A range of areas. */
export type AreaName = keyof typeof AREAS;

/** Most detections that count, an image and category. */
export const MOST_DETECTIONS = 100;

/** What a detection is at a threshold. */
export const VERDICT = { false: 0, true: 1, ignored: 2 } as const;

/** One category's matches for one range of areas. */
export interface CategoryMatches {
  readonly category: number;
  readonly area: AreaName;
  /** Objects that count, of each image that has some: place of the image, number. */
  readonly objects: readonly (readonly [number, number])[];
  /** Detections, surest first. */
  readonly detections: readonly {
    /** Place of the image in the truth's list. */
    readonly image: number;
    /** Its place among the image's own, from 0. */
    readonly rank: number;
    /** One a threshold. */
    readonly verdicts: Uint8Array;
  }[];
}

/**
 * Matches detections to objects as COCO's evaluation does, for each category and range of areas.
 *
 * In an image, detections of a category take, surest first and 100 at most, the free object with the largest
 * overlap of at least the threshold; objects outside the range and crowds come last and make what matches
 * them ignored, a crowd as often as it happens. A detection without a match is ignored if its own area is
 * outside the range, and false if not.
 */
export function matchDetections(
  truth: CocoTruth,
  detections: readonly CocoDetection[],
): readonly CategoryMatches[] {
  const objectsOf = groupByPlace(truth.objects);
  const foundIn = groupByPlace(detections);
  return [...truth.categories.keys()]
    .sort((a, b) => a - b)
    .flatMap((category) => {
      const images = truth.images.flatMap((id, image) => {
        const key = `${id} ${category}`;
        const objects = objectsOf.get(key) ?? [];
        const found = [...(foundIn.get(key) ?? [])]
          .sort((a, b) => b.score - a.score)
          .slice(0, MOST_DETECTIONS);
        if (objects.length + found.length === 0) return [];
        return [
          {
            ...{ image, objects, found },
            overlaps: found.map(({ shape }) => objects.map((object) => cocoOverlap(shape, object))),
          },
        ];
      });
      return (Object.keys(AREAS) as AreaName[]).map((area) => matchCategory(category, area, images));
    });
}

interface ImageOfCategory {
  readonly image: number;
  readonly objects: readonly CocoObject[];
  /** Surest first. */
  readonly found: readonly CocoDetection[];
  readonly overlaps: readonly (readonly number[])[];
}

function matchCategory(
  category: number,
  area: AreaName,
  images: readonly ImageOfCategory[],
): CategoryMatches {
  const [least, most] = AREAS[area];
  const isOutside = (pixels: number) => pixels < least || pixels > most;
  const matched = images.map(({ image, objects, found, overlaps }) => {
    const ignored = objects.map((object) => object.crowd || isOutside(object.area));
    const order = [...objects.keys()].sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
    const verdicts = found.map(({ area: pixels }) =>
      new Uint8Array(IOU_THRESHOLDS.length).fill(isOutside(pixels) ? VERDICT.ignored : VERDICT.false),
    );
    for (const [place, threshold] of IOU_THRESHOLDS.entries()) {
      const taken = new Set<number>();
      for (const [index, row] of overlaps.entries()) {
        const chosen = choose(row, { order, ignored, objects, taken, threshold });
        if (chosen === undefined) continue;
        taken.add(chosen);
        (verdicts[index] as Uint8Array)[place] = ignored[chosen] ? VERDICT.ignored : VERDICT.true;
      }
    }
    return {
      count: [image, ignored.filter((each) => !each).length] as const,
      detections: found.map(({ score }, rank) => ({
        ...{ image, rank, score, verdicts: verdicts[rank] as Uint8Array },
      })),
    };
  });
  return {
    ...{ category, area },
    objects: matched.flatMap(({ count }) => (count[1] > 0 ? [count] : [])),
    detections: matched.flatMap((each) => each.detections).sort((a, b) => b.score - a.score),
  };
}

/** The object that a detection takes. */
function choose(
  overlaps: readonly number[],
  image: {
    readonly order: readonly number[];
    readonly ignored: readonly boolean[];
    readonly objects: readonly CocoObject[];
    readonly taken: ReadonlySet<number>;
    readonly threshold: number;
  },
): number | undefined {
  const { order, ignored, objects, taken, threshold } = image;
  let best = Math.min(threshold, 1 - 1e-10);
  let chosen: number | undefined;
  for (const index of order) {
    if (taken.has(index) && !objects[index]?.crowd) continue;
    // Ignored objects come last: one that counts is not given up for them.
    if (chosen !== undefined && !ignored[chosen] && ignored[index]) break;
    const overlap = overlaps[index] ?? 0;
    if (overlap < best) continue;
    best = overlap;
    chosen = index;
  }
  return chosen;
}

function groupByPlace<Row extends { readonly image: number; readonly category: number }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.image} ${row.category}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
