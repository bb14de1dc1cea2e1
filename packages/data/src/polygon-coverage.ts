/** An edge that is not level, from its upper to its lower end, in cells. */
interface Edge {
  readonly polygon: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: number;
  /** How far it goes across for each cell down. */
  readonly slope: number;
}

/**
 * Adds what polygons cover of each cell of a `grid` x `grid` map: each polygon by the even-odd
 * rule, several as their union.
 *
 * The map is cut into slabs at every corner, every line of the grid and every crossing of two edges; within
 * a slab the edges are straight and in one order, so what is covered is trapezoids, whose share of each
 * column has a closed form.
 *
 * @param polygons - in image fractions, a flat `x, y, x, y, ...` each; the last corner is joined to the first
 * @param cells - `[grid * grid]`, row by row
 */
export function addPolygonCoverage(
  polygons: readonly (readonly number[])[],
  grid: number,
  cells: Float64Array,
): void {
  const edges = polygons.flatMap((polygon, index) => edgesOf(polygon, index, grid));
  edges.sort((a, b) => a.top - b.top);
  const inside = new Uint8Array(polygons.length);
  let active: Edge[] = [];
  let next = 0;
  const levels = levelsOf(edges, grid);
  for (let level = 1; level < levels.length; level++) {
    const [top, bottom] = [levels[level - 1] as number, levels[level] as number];
    while (next < edges.length && (edges[next] as Edge).top <= top) active.push(edges[next++] as Edge);
    active = active.filter((edge) => edge.bottom > top);
    if (active.length === 0) continue;
    const cuts = [top, ...crossings(active, top, bottom), bottom];
    for (let cut = 1; cut < cuts.length; cut++)
      addSlab(active, cuts[cut - 1] as number, cuts[cut] as number, { grid, cells, inside });
  }
}

function edgesOf(polygon: readonly number[], index: number, grid: number): Edge[] {
  const corners = polygon.length - (polygon.length % 2);
  const edges: Edge[] = [];
  for (let at = 0; at < corners; at += 2) {
    const after = (at + 2) % corners;
    const [x0, y0] = [(polygon[at] as number) * grid, (polygon[at + 1] as number) * grid];
    const [x1, y1] = [(polygon[after] as number) * grid, (polygon[after + 1] as number) * grid];
    if (y0 === y1) continue;
    const slope = (x1 - x0) / (y1 - y0);
    edges.push(
      y0 < y1
        ? { polygon: index, top: y0, bottom: y1, x: x0, slope }
        : { polygon: index, top: y1, bottom: y0, x: x1, slope },
    );
  }
  return edges;
}

/** Every height within the map at which an edge begins or ends, and the grid's lines, from top to bottom. */
function levelsOf(edges: readonly Edge[], grid: number): number[] {
  const levels = new Set<number>();
  for (let line = 0; line <= grid; line++) levels.add(line);
  for (const { top, bottom } of edges)
    for (const level of [top, bottom]) if (level > 0 && level < grid) levels.add(level);
  return [...levels].sort((a, b) => a - b);
}

/** Heights within a slab at which two of its edges cross, in order. */
function crossings(active: readonly Edge[], top: number, bottom: number): number[] {
  const found: number[] = [];
  for (let first = 0; first < active.length; first++)
    for (let second = first + 1; second < active.length; second++) {
      const [a, b] = [active[first] as Edge, active[second] as Edge];
      if ((xAt(a, top) - xAt(b, top)) * (xAt(a, bottom) - xAt(b, bottom)) >= 0) continue;
      const y = (b.x - b.slope * b.top - (a.x - a.slope * a.top)) / (a.slope - b.slope);
      if (y > top && y < bottom) found.push(y);
    }
  return found.sort((a, b) => a - b);
}

function xAt({ x, top, slope }: Edge, y: number): number {
  return x + (y - top) * slope;
}

/** Adds the trapezoids of a slab that lies within one row of cells and in which no edges cross. */
function addSlab(
  active: readonly Edge[],
  top: number,
  bottom: number,
  {
    grid,
    cells,
    inside,
  }: { readonly grid: number; readonly cells: Float64Array; readonly inside: Uint8Array },
): void {
  const middle = (top + bottom) / 2;
  const height = bottom - top;
  const row = Math.min(grid - 1, Math.floor(middle)) * grid;
  const ordered = [...active].sort((a, b) => xAt(a, middle) - xAt(b, middle));
  let depth = 0;
  let left: Edge | undefined;
  for (const edge of ordered) {
    const wasOut = depth === 0;
    inside[edge.polygon] = 1 - (inside[edge.polygon] as number);
    depth += inside[edge.polygon] === 1 ? 1 : -1;
    if (wasOut) left = edge;
    if (depth > 0 || left === undefined) continue;
    const [l0, l1] = [xAt(left, top), xAt(left, bottom)];
    const [r0, r1] = [xAt(edge, top), xAt(edge, bottom)];
    const first = Math.max(0, Math.floor(Math.min(l0, l1)));
    const last = Math.min(grid - 1, Math.ceil(Math.max(r0, r1)) - 1);
    for (let column = first; column <= last; column++) {
      const share = meanWithin(r0 - column, r1 - column) - meanWithin(l0 - column, l1 - column);
      cells[row + column] = (cells[row + column] as number) + share * height;
    }
  }
}

/** The mean of `min(1, max(0, x))` where x goes evenly from `from` to `to`. */
function meanWithin(from: number, to: number): number {
  const [low, high] = from < to ? [from, to] : [to, from];
  if (high <= 0) return 0;
  if (low >= 1) return 1;
  if (low >= 0 && high <= 1) return (low + high) / 2;
  const [start, end] = [Math.max(0, low), Math.min(1, high)];
  return (((start + end) / 2) * (end - start) + Math.max(0, high - 1)) / (high - low);
}
