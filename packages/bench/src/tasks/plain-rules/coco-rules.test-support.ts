import type { Random } from '@fgam/data';
import { cocoBoxesTask, cocoMasksTask } from '../coco/coco-task.js';
import { meanOf, type PlainRule, type PlainSet, times } from './plain-rule.test-support.js';

/** Pixels along each side of an image. */
const SIDE = 128;
const SIZES = { small: [4, 20], medium: [36, 70], large: [100, 120] } as const;
const AREAS = { small: [0, 1024], medium: [1024, 9216], large: [9216, 1e10], all: [0, 1e10] } as const;
const CATEGORIES = [3, 7];
/** NumPy's `linspace`, which pycocotools compares with to the last bit: 0.7 is 0.7000000000000001 there. */
const linspace = (from: number, to: number, count: number) =>
  times(count, (at) => (at === count - 1 ? to : from + at * ((to - from) / (count - 1))));
const THRESHOLDS = linspace(0.5, 0.95, 10);
const RECALLS = linspace(0, 1, 101);

type Box = readonly [number, number, number, number];
interface Thing {
  readonly image: number;
  readonly category: number;
  readonly box: Box;
}
type True = Thing & { readonly isCrowd: boolean };
type Found = Thing & { readonly score: number };

/** COCO's average precision of boxes: the definition, over and over. */
export const cocoBoxesRule: PlainRule = { task: cocoBoxesTask, draw: drawSet };

/** The same of masks: the boxes' pixels as run lengths. */
export const cocoMasksRule: PlainRule = { task: cocoMasksTask, draw: drawSet };

function drawSet(random: Random): PlainSet {
  const box = (): Box => {
    const [least, most] = SIZES[random.pick(['small', 'small', 'medium', 'large'] as const)];
    const [width, height] = [random.int(least, most), random.int(least, most)];
    return [random.int(0, SIDE - width), random.int(0, SIDE - height), width, height];
  };
  const moved = ([x, y, width, height]: Box): Box => {
    const shift = (from: number, length: number) =>
      Math.min(SIDE - length, Math.max(0, from + random.int(-3, 3)));
    return [shift(x, width), shift(y, height), width, height];
  };
  const images = times(random.int(1, 4), (at) => at + 5);
  const objects = images.flatMap((image) =>
    times(
      random.int(0, 4),
      (): True => ({
        ...{ image, category: random.pick(CATEGORIES), box: box(), isCrowd: random.chance(0.15) },
      }),
    ),
  );
  const guesses = [
    ...objects.flatMap((object) =>
      times(random.int(0, 2), () => ({
        ...object,
        category: random.chance(0.85) ? object.category : random.pick(CATEGORIES),
        box: moved(object.box),
      })),
    ),
    ...times(random.int(1, 4), () => ({
      image: random.pick(images),
      category: random.pick(CATEGORIES),
      box: box(),
    })),
  ];
  const scores = random.shuffle(times(guesses.length, (at) => (at + 1) / (guesses.length + 1)));
  const found = guesses.map(
    ({ image, category, box: own }, at): Found => ({
      ...{ image, category, box: own, score: scores[at] ?? 0 },
    }),
  );
  const row = ({ image, category, box: own }: Thing) => ({
    ...{ image_id: image, category_id: category, bbox: own },
    segmentation: { size: [SIDE, SIDE], counts: runsOf(own) },
  });
  const perfect = objects
    .filter(({ isCrowd }) => !isCrowd)
    .map((object, at) => ({ ...row(object), score: 1 - at / 100 }));
  const isThere = objects.some(({ isCrowd }) => !isCrowd);
  return {
    truth: {
      'instances_val.json': {
        images: images.map((id) => ({ id, width: SIDE, height: SIDE })),
        categories: CATEGORIES.map((id) => ({ id, name: `category ${id}` })),
        annotations: objects.map((object, id) => ({
          ...row(object),
          ...{ id: id + 1, area: object.box[2] * object.box[3], iscrowd: object.isCrowd ? 1 : 0 },
        })),
      },
    },
    said: found.map((each) => ({ ...row(each), score: each.score })),
    right: perfect,
    wanted: { metrics: twelveNumbers(objects, found) },
    full: { metrics: isThere ? { ap: 1, ap50: 1, ap75: 1, ar100: 1 } : { ap: null } },
    none: { metrics: isThere ? { ap: 0, ap50: 0, ap75: 0, ar1: 0, ar10: 0, ar100: 0 } : { ap: null } },
  };
}

/** Run lengths of a box's pixels, column by column, none first. */
function runsOf([x, y, width, height]: Box): number[] {
  const runs = [x * SIDE + y];
  for (let column = 0; column < width; column += 1)
    runs.push(height, column < width - 1 ? SIDE - height : (SIDE - x - width + 1) * SIDE - y - height);
  return runs;
}

function overlapOf(a: Box, b: Box, isCrowd: boolean): number {
  const shared =
    Math.max(0, Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0])) *
    Math.max(0, Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]));
  return shared / (isCrowd ? a[2] * a[3] : a[2] * a[3] + b[2] * b[3] - shared);
}

function twelveNumbers(objects: readonly True[], found: readonly Found[]) {
  const numbers = (area: keyof typeof AREAS, most: number) =>
    CATEGORIES.flatMap((category) => {
      const own = <Each extends Thing>(things: readonly Each[]) =>
        things.filter((each) => each.category === category);
      const curves = THRESHOLDS.map((threshold) => curveOf(own(objects), own(found), threshold, area, most));
      return curves.some((curve) => curve === undefined) ? [] : [curves.flatMap((curve) => curve ?? [])];
    });
  type Curves = ReturnType<typeof numbers>;
  const ap = (own: Curves, at?: number) =>
    meanOf(
      own.flatMap((curves) =>
        curves.flatMap(({ precision }, place) => (at === undefined || at === place ? [precision] : [])),
      ),
    );
  const ar = (own: Curves) => meanOf(own.flatMap((curves) => curves.map(({ recall }) => recall)));
  const [all, small, medium, large] = [
    ...[numbers('all', 100), numbers('small', 100), numbers('medium', 100), numbers('large', 100)],
  ] as [Curves, Curves, Curves, Curves];
  return {
    ...{ ap: ap(all), ap50: ap(all, 0), ap75: ap(all, 5) },
    ...{ apSmall: ap(small), apMedium: ap(medium), apLarge: ap(large) },
    ...{ ar1: ar(numbers('all', 1)), ar10: ar(numbers('all', 10)), ar100: ar(all) },
    ...{ arSmall: ar(small), arMedium: ar(medium), arLarge: ar(large) },
  };
}

/** Average precision and recall of one category at one threshold; undefined without an object that counts. */
function curveOf(
  objects: readonly True[],
  found: readonly Found[],
  threshold: number,
  area: keyof typeof AREAS,
  most: number,
): { readonly precision: number; readonly recall: number } | undefined {
  const isOutside = ({ box }: Thing) => {
    const pixels = box[2] * box[3];
    return pixels < AREAS[area][0] || pixels > AREAS[area][1];
  };
  const counts = (object: True) => !object.isCrowd && !isOutside(object);
  const wanted = objects.filter(counts).length;
  if (wanted === 0) return undefined;
  const taken = new Set<True>();
  const hits: boolean[] = [];
  const places = new Map<number, number>();
  for (const each of [...found].sort((a, b) => b.score - a.score)) {
    const place = places.get(each.image) ?? 0;
    places.set(each.image, place + 1);
    if (place >= most) continue;
    const free = objects
      .filter((object) => object.image === each.image && (object.isCrowd || !taken.has(object)))
      .map((object) => ({ object, overlap: overlapOf(each.box, object.box, object.isCrowd) }))
      .filter(({ overlap }) => overlap >= threshold);
    // The largest overlap; among equals the last, as COCO has it. Objects that count come before all others.
    const best = (own: typeof free) =>
      own.reduce<(typeof free)[number] | undefined>(
        (top, next) => (top === undefined || next.overlap >= top.overlap ? next : top),
        undefined,
      );
    const match = best(free.filter(({ object }) => counts(object))) ?? best(free);
    if (match !== undefined) taken.add(match.object);
    if (match === undefined ? !isOutside(each) : counts(match.object)) hits.push(match !== undefined);
  }
  const points = hits.map((_, at) => {
    const right = hits.slice(0, at + 1).filter(Boolean).length;
    return { precision: right / (at + 1), recall: right / wanted };
  });
  const best = (recall: number) =>
    Math.max(0, ...points.filter((each) => each.recall >= recall).map(({ precision }) => precision));
  return {
    precision: meanOf(RECALLS.map(best)) ?? 0,
    recall: points.at(-1)?.recall ?? 0,
  };
}
