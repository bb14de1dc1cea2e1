import { mean } from '../mean.js';
import {
  type AreaName,
  type CategoryMatches,
  IOU_THRESHOLDS,
  MOST_DETECTIONS,
  VERDICT,
} from './match-detections.js';

/** COCO's 12 numbers, 0..1; null where no category has an object in the range. */
export interface CocoSummary {
  /** Mean over IoU thresholds 0.5, 0.55, ... 0.95 and categories. */
  readonly ap: number | null;
  readonly ap50: number | null;
  readonly ap75: number | null;
  readonly apSmall: number | null;
  readonly apMedium: number | null;
  readonly apLarge: number | null;
  /** Mean recall with at most 1 detection an image and category. */
  readonly ar1: number | null;
  readonly ar10: number | null;
  readonly ar100: number | null;
  readonly arSmall: number | null;
  readonly arMedium: number | null;
  readonly arLarge: number | null;
}

/** `linspace(0, 1, 101)`, to the last bit as in pycocotools. */
const RECALLS = Float64Array.from({ length: 101 }, (_, index) => (index === 100 ? 1 : index * 0.01));

const { true: HIT, false: MISS } = VERDICT;

/** Places of 0.5 and 0.75 among the thresholds. */
const [AT_50, AT_75] = [0, 5];

/**
 * COCO's 12 numbers of matched detections, as pycocotools' `summarize` has them.
 *
 * With precision `p` and recall `r` after each detection, surest first,
 * `AP = 1/101 sum over R in 0, 0.01, ..., 1 of max { p : r >= R }`.
 *
 * @param weights - how often each image counts, by its place: a resample of images; default once
 */
export function cocoSummary(matches: readonly CategoryMatches[], weights?: Int32Array): CocoSummary {
  const [small, medium, large] = (['small', 'medium', 'large'] as const).map((area) =>
    meansOf(countsOf(matches, area, weights)),
  );
  const { ap, ap50, ap75, ar1, ar10, ar100 } = cocoWholeSummary(matches, weights);
  return {
    ...{ ap, ap50, ap75 },
    apSmall: small?.ap ?? null,
    apMedium: medium?.ap ?? null,
    apLarge: large?.ap ?? null,
    ...{ ar1, ar10, ar100 },
    arSmall: small?.ar100 ?? null,
    arMedium: medium?.ar100 ?? null,
    arLarge: large?.ar100 ?? null,
  };
}

/** Those of the 12 numbers that are of objects of every size. */
export function cocoWholeSummary(
  matches: readonly CategoryMatches[],
  weights?: Int32Array,
): Pick<CocoSummary, 'ap' | 'ap50' | 'ap75' | 'ar1' | 'ar10' | 'ar100'> {
  const categories = countsOf(matches, 'all', weights);
  return { ...meansOf(categories), ar1: recallOf(categories, 1), ar10: recallOf(categories, 10) };
}

/** What counts of a category, and how often. */
interface CategoryCounts {
  /** Never none. */
  readonly objects: number;
  /** Surest first; `rank` is the place among its image's own. */
  readonly detections: readonly {
    readonly weight: number;
    readonly rank: number;
    readonly verdicts: Uint8Array;
  }[];
}

/** What counts of each category that has objects in a range of areas. */
function countsOf(
  matches: readonly CategoryMatches[],
  area: AreaName,
  weights: Int32Array | undefined,
): CategoryCounts[] {
  const weightOf = (image: number) => (weights === undefined ? 1 : (weights[image] ?? 0));
  return matches.flatMap((each) => {
    if (each.area !== area) return [];
    const objects = each.objects.reduce((sum, [image, number]) => sum + number * weightOf(image), 0);
    if (objects === 0) return [];
    const detections = each.detections
      .map(({ image, rank, verdicts }) => ({ weight: weightOf(image), rank, verdicts }))
      .filter(({ weight }) => weight > 0);
    return [{ objects, detections }];
  });
}

/** Means over categories. */
function meansOf(categories: readonly CategoryCounts[]) {
  const precisions = categories.map(precisionsOf);
  const precisionAt = (place: number) => mean(precisions.map((own) => own[place] ?? 0));
  return {
    ap: mean(precisions.flat()),
    ap50: precisionAt(AT_50),
    ap75: precisionAt(AT_75),
    ar100: recallOf(categories, MOST_DETECTIONS),
  };
}

/** Mean recall over thresholds and categories, with `most` detections an image and category. */
function recallOf(categories: readonly CategoryCounts[], most: number): number | null {
  return mean(
    categories.flatMap(({ objects, detections }) =>
      IOU_THRESHOLDS.map((_, place) => {
        let hits = 0;
        for (const { weight, rank, verdicts } of detections)
          if (rank < most && verdicts[place] === HIT) hits += weight;
        return hits / objects;
      }),
    ),
  );
}

/** Average precision, one a threshold. */
function precisionsOf({ objects, detections }: CategoryCounts): number[] {
  const precisions = new Float64Array(detections.length);
  const recalls = new Float64Array(detections.length);
  return IOU_THRESHOLDS.map((_, place) => {
    let [hits, misses] = [0, 0];
    detections.forEach(({ weight, verdicts }, index) => {
      if (verdicts[place] === HIT) hits += weight;
      else if (verdicts[place] === MISS) misses += weight;
      precisions[index] = hits / (hits + misses + Number.EPSILON);
      recalls[index] = hits / objects;
    });
    return interpolated(precisions, recalls);
  });
}

/** Mean over 101 recalls of the best precision at that recall or beyond, 0 where none is. */
function interpolated(precisions: Float64Array, recalls: Float64Array): number {
  for (let index = precisions.length - 1; index > 0; index -= 1)
    precisions[index - 1] = Math.max(precisions[index - 1] ?? 0, precisions[index] ?? 0);
  let at = 0;
  let sum = 0;
  // By places: an interval reckons this some ten thousand times.
  for (let place = 0; place < RECALLS.length; place += 1) {
    while (at < recalls.length && (recalls[at] ?? 0) < (RECALLS[place] ?? 0)) at += 1;
    if (at === recalls.length) break;
    sum += precisions[at] ?? 0;
  }
  return sum / RECALLS.length;
}
