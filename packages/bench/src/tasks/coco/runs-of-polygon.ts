import type { Runs } from './runs.js';

/** The outline is followed on a grid this many times as fine as the pixels. */
const FINE = 5;

/**
 * The mask of a polygon, to the pixel as COCO's own tools have it (`rleFrPoly` of pycocotools 2.0): corners
 * are rounded to a grid 5 times as fine as the pixels, edges walked along their longer axis one grid step at
 * a time, and a pixel column changes sides where the walk crosses the column's centre, at the next pixel
 * centre below. A column that is crossed twice at one place does not change.
 *
 * @param polygon - x and y in pixels in turn, three or more corners
 */
export function runsOfPolygon(polygon: readonly number[], height: number, width: number): Runs {
  const crossings = [...crossingsOf(outlineOf(polygon), height, width), height * width].sort((a, b) => a - b);
  const lengths = crossings.map((crossing, index) => crossing - (crossings[index - 1] ?? 0));
  const [first = 0, ...others] = lengths;
  const counts = [first];
  for (let index = 0; index < others.length; index += 1) {
    const length = others[index] ?? 0;
    if (length > 0) counts.push(length);
    // A run of no length is none: the runs before and after it are one.
    else counts[counts.length - 1] = (counts.at(-1) ?? 0) + (others[++index] ?? 0);
  }
  return { height, width, counts };
}

/** Points of the outline on the fine grid, in order. */
function* outlineOf(polygon: readonly number[]): Generator<readonly [number, number]> {
  const fine = (value: number | undefined) => Math.trunc(FINE * (value ?? 0) + 0.5);
  const corners = polygon.length / 2;
  for (let corner = 0; corner < corners; corner += 1) {
    const next = (corner + 1) % corners;
    const from = { x: fine(polygon[2 * corner]), y: fine(polygon[2 * corner + 1]) };
    const to = { x: fine(polygon[2 * next]), y: fine(polygon[2 * next + 1]) };
    const [across, down] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
    const isFlat = across >= down;
    // Steps are counted from the end with the smaller coordinate, so that an edge has the same points either way.
    const isTurned = isFlat ? from.x > to.x : from.y > to.y;
    const [low, high] = isTurned ? [to, from] : [from, to];
    const length = isFlat ? across : down;
    const slope = isFlat ? (high.y - low.y) / across : (high.x - low.x) / down;
    for (let step = 0; step <= length; step += 1) {
      const at = isTurned ? length - step : step;
      const aside = length === 0 ? 0 : slope * at;
      yield isFlat
        ? [low.x + at, Math.trunc(low.y + aside + 0.5)]
        : [Math.trunc(low.x + aside + 0.5), low.y + at];
    }
  }
}

/** Places, in pixels column by column, where a column passes from outside to inside or back. */
function* crossingsOf(
  points: Iterable<readonly [number, number]>,
  height: number,
  width: number,
): Generator<number> {
  let previous: readonly [number, number] | undefined;
  for (const [x, y] of points) {
    const before = previous;
    previous = [x, y];
    if (before === undefined || before[0] === x) continue;
    const column = ((x < before[0] ? x : x - 1) + 0.5) / FINE - 0.5;
    if (!Number.isInteger(column) || column < 0 || column > width - 1) continue;
    const row = (Math.min(y, before[1]) + 0.5) / FINE - 0.5;
    yield column * height + Math.ceil(Math.min(height, Math.max(0, row)));
  }
}
