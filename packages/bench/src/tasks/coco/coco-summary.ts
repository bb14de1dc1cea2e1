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
const RECALLS = Array.from({ length: 101 }, (_, index) => (index === 100 ? 1 : index * 0.01));

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
    meansOf(matches, area, weights),
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
  const whole = meansOf(matches, 'all', weights);
  return {
    ...whole,
    ar1: meansOf(matches, 'all', weights, 1).ar100,
    ar10: meansOf(matches, 'all', weights, 10).ar100,
  };
}

/** Means over the categories that have objects in a range of areas. */
function meansOf(
  matches: readonly CategoryMatches[],
  area: AreaName,
  weights: Int32Array | undefined,
  most = MOST_DETECTIONS,
) {
  const curves = matches.flatMap((each) => (each.area === area ? (curvesOf(each, most, weights) ?? []) : []));
  const precisionAt = (place: number) => mean(curves.map(({ precisions }) => precisions[place] ?? 0));
  return {
    ap: mean(curves.flatMap(({ precisions }) => precisions)),
    ap50: precisionAt(AT_50),
    ap75: precisionAt(AT_75),
    ar100: mean(curves.flatMap(({ recalls }) => recalls)),
  };
}

/** Average precision and last recall of a category, one a threshold; undefined where it has no object that counts. */
function curvesOf(
  { objects, detections }: CategoryMatches,
  most: number,
  weights: Int32Array | undefined,
): { readonly precisions: readonly number[]; readonly recalls: readonly number[] } | undefined {
  const weightOf = (image: number) => (weights === undefined ? 1 : (weights[image] ?? 0));
  const count = objects.reduce((sum, [image, number]) => sum + number * weightOf(image), 0);
  if (count === 0) return undefined;
  const own = detections.filter(({ rank, image }) => rank < most && weightOf(image) > 0);
  const curves = IOU_THRESHOLDS.map((_, place) => {
    let [hits, misses] = [0, 0];
    const precisions = new Float64Array(own.length);
    const recalls = new Float64Array(own.length);
    for (const [index, { image, verdicts }] of own.entries()) {
      if (verdicts[place] === VERDICT.true) hits += weightOf(image);
      else if (verdicts[place] === VERDICT.false) misses += weightOf(image);
      precisions[index] = hits / (hits + misses + Number.EPSILON);
      recalls[index] = hits / count;
    }
    return { precision: interpolated(precisions, recalls), recall: recalls.at(-1) ?? 0 };
  });
  return {
    precisions: curves.map(({ precision }) => precision),
    recalls: curves.map(({ recall }) => recall),
  };
}

/** Mean over 101 recalls of the best precision at that recall or beyond. */
function interpolated(precisions: Float64Array, recalls: Float64Array): number {
  for (let index = precisions.length - 1; index > 0; index -= 1)
    precisions[index - 1] = Math.max(precisions[index - 1] ?? 0, precisions[index] ?? 0);
  let [at, sum] = [0, 0];
  for (const recall of RECALLS) {
    while (at < recalls.length && (recalls[at] ?? 0) < recall) at += 1;
    sum += precisions[at] ?? 0;
  }
  return sum / RECALLS.length;
}
