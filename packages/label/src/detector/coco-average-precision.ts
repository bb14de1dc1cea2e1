import { boxArea, type BoxUnit, type Detection, intersectionArea } from '@fgam/data';
import { labelError } from '../error.js';

/** An object that is there. A crowd is many objects under one box. */
export interface TrueObject {
  readonly box: BoxUnit;
  readonly label: string;
  readonly crowd?: boolean;
}

/** What is in an image and what was found in it. */
export interface ScoredImage {
  readonly truths: readonly TrueObject[];
  readonly detections: readonly Detection[];
}

/** Average precisions, 0..1, means over the labels that have objects. */
export interface AveragePrecision {
  /** Mean over the IoU thresholds 0.5, 0.55, ... 0.95. */
  readonly ap: number;
  readonly ap50: number;
  readonly ap75: number;
  /** Mean of recalls over the same thresholds, with at most 100 detections an image and label. */
  readonly recall: number;
  /** `ap` of each label. */
  readonly byLabel: ReadonlyMap<string, number>;
}

/** `linspace(0.5, 0.95, 10)` and `linspace(0, 1, 101)`, to the last bit as in pycocotools. */
const IOU_THRESHOLDS = Array.from({ length: 10 }, (_, i) => 0.5 + i * ((0.95 - 0.5) / 9));
const RECALLS = Array.from({ length: 101 }, (_, i) => (i === 100 ? 1 : i * 0.01));
const MOST_DETECTIONS = 100;

/**
 * COCO's average precision of boxes: pycocotools' `COCOeval` with area range `all` and 100
 * detections an image and label.
 *
 * For each label and IoU threshold `t`, detections, surest first, take in their image the object of their
 * label with the largest `IoU >= t` that is free; a match is true, none is false. With precision `p` and
 * recall `r` after each detection, `AP = 1/101 sum over R in 0, 0.01, ..., 1 of max { p : r >= R }` (0 where
 * `r` never reaches `R`). Crowds count neither as objects nor against detections: what matches no free object
 * but a crowd, by `|d ∩ c| / |d| >= t`, is left out, as often as it happens.
 *
 * @param images - equal scores keep their order, so the images' order can matter in the last digits
 * @throws FgamError `label/bad-detections` where no image has an object that is no crowd
 * @example
 * ```ts
 * import { cocoAveragePrecision } from '@fgam/label';
 *
 * const box = { x0: 0, y0: 0, x1: 0.5, y1: 1 };
 * const found = { box: { ...box, x1: 0.375 }, label: 'cat', score: 0.9 }; // IoU 0.75: six of the ten thresholds
 * const { ap } = cocoAveragePrecision([{ truths: [{ box, label: 'cat' }], detections: [found] }]);
 * if (ap.toFixed(6) !== '0.600000') throw new Error(String(ap));
 * ```
 */
export function cocoAveragePrecision(images: readonly ScoredImage[]): AveragePrecision {
  const labels = new Set(
    images.flatMap(({ truths }) => truths.filter(({ crowd }) => !crowd).map(({ label }) => label)),
  );
  if (labels.size === 0)
    throw labelError(
      'label/bad-detections',
      'cocoAveragePrecision: expected objects, got none; check the annotations',
    );
  const curves = new Map([...labels].map((label) => [label, curvesOf(label, images)]));
  const meanOf = (pick: (curve: Curve, threshold: number) => number | undefined) =>
    mean([...curves.values()].flatMap((each) => each.flatMap((curve, i) => pick(curve, i) ?? [])));
  return {
    ap: meanOf(({ precision }) => precision),
    ap50: meanOf(({ precision }, i) => (i === 0 ? precision : undefined)),
    ap75: meanOf(({ precision }, i) => (i === 5 ? precision : undefined)),
    recall: meanOf(({ recall }) => recall),
    byLabel: new Map(
      [...curves].map(([label, each]) => [label, mean(each.map(({ precision }) => precision))]),
    ),
  };
}

interface Curve {
  readonly precision: number;
  readonly recall: number;
}

/** A detection at one threshold: true, false, or left out. */
type Verdict = 'true' | 'false' | 'ignored';

function curvesOf(label: string, images: readonly ScoredImage[]): Curve[] {
  const matched = images.map(({ truths, detections }) => {
    // Crowds last, so that an object is preferred.
    const own = truths.filter((truth) => truth.label === label);
    const objects = [...own.filter(({ crowd }) => !crowd), ...own.filter(({ crowd }) => crowd)];
    const found = detections
      .filter((detection) => detection.label === label)
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST_DETECTIONS);
    const overlaps = found.map(({ box }) => objects.map((object) => overlap(box, object)));
    return {
      scores: found.map(({ score }) => score),
      verdicts: IOU_THRESHOLDS.map((threshold) => match(overlaps, objects, threshold)),
    };
  });
  const scores = matched.flatMap((image) => image.scores);
  const order = scores.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const objects = images
    .flatMap(({ truths }) => truths)
    .filter((truth) => truth.label === label && !truth.crowd).length;
  return IOU_THRESHOLDS.map((_, threshold) => {
    const verdicts = matched.flatMap((image) => image.verdicts[threshold] ?? []);
    return curveOf(
      order.map((index) => verdicts[index] as Verdict),
      objects,
    );
  });
}

function match(
  overlaps: readonly (readonly number[])[],
  objects: readonly TrueObject[],
  threshold: number,
): Verdict[] {
  const taken = new Set<number>();
  return overlaps.map((row) => {
    let best = Math.min(threshold, 1 - 1e-10);
    let chosen: number | undefined;
    for (const [index, object] of objects.entries()) {
      if (taken.has(index)) continue;
      if (object.crowd && chosen !== undefined && !objects[chosen]?.crowd) break;
      const value = row[index] ?? 0;
      if (value < best) continue;
      best = value;
      chosen = index;
    }
    if (chosen === undefined) return 'false';
    if (objects[chosen]?.crowd) return 'ignored';
    taken.add(chosen);
    return 'true';
  });
}

function curveOf(verdicts: readonly Verdict[], objects: number): Curve {
  let hits = 0;
  let misses = 0;
  const precisions: number[] = [];
  const recalls: number[] = [];
  for (const verdict of verdicts) {
    if (verdict === 'true') hits++;
    if (verdict === 'false') misses++;
    precisions.push(hits / (hits + misses + Number.EPSILON));
    recalls.push(hits / objects);
  }
  for (let i = precisions.length - 1; i > 0; i--)
    precisions[i - 1] = Math.max(precisions[i - 1] ?? 0, precisions[i] ?? 0);
  let at = 0;
  const sampled = RECALLS.map((recall) => {
    while (at < recalls.length && (recalls[at] ?? 0) < recall) at++;
    return precisions[at] ?? 0;
  });
  return { precision: mean(sampled), recall: recalls.at(-1) ?? 0 };
}

/** IoU; of a crowd the detection's share that lies in it. */
function overlap(box: BoxUnit, { box: other, crowd }: TrueObject): number {
  const shared = intersectionArea(box, other);
  const area = boxArea(box);
  const whole = crowd ? area : area + boxArea(other) - shared;
  return whole > 0 ? shared / whole : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
