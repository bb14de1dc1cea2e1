import type { BoxPixels } from '../records.js';
import { covers, haloOf } from './shape.js';
import type { Shape } from './vocabulary.js';

const EMPTY = -1;

/** Which object shows at each pixel: keeps placed objects visible. */
export interface Canvas {
  /** For a shape not yet placed: how many of its pixels fall on each placed object, and how many on none. */
  probe(shape: Shape, box: BoxPixels): { readonly hits: ReadonlyMap<number, number>; readonly free: number };
  /** The least visible share that a placed object would keep if the shape and its halo were painted over it, 0..1. */
  visibleAfter(shape: Shape, box: BoxPixels): number;
  /** Paints the shape, in its halo, as the next object. */
  paint(shape: Shape, box: BoxPixels): void;
}

/** An empty canvas of `size` by `size` pixels; a pixel belongs to a shape that covers its centre. */
export function createCanvas(size: number): Canvas {
  const owner = new Int8Array(size * size).fill(EMPTY);
  const totals: number[] = [];
  const visible: number[] = [];

  const pixelsOf = (shape: Shape, box: BoxPixels): number[] => {
    const pixels: number[] = [];
    for (let y = box.y; y < box.y + box.height; y += 1)
      for (let x = box.x; x < box.x + box.width; x += 1)
        if (covers(shape, (x - box.x + 0.5) / box.width, (y - box.y + 0.5) / box.height))
          pixels.push(y * size + x);
    return pixels;
  };
  const probe: Canvas['probe'] = (shape, box) => {
    const hits = new Map<number, number>();
    let free = 0;
    for (const pixel of pixelsOf(shape, box)) {
      const hit = owner[pixel] ?? EMPTY;
      if (hit === EMPTY) free += 1;
      else hits.set(hit, (hits.get(hit) ?? 0) + 1);
    }
    return { hits, free };
  };
  return {
    probe,
    visibleAfter: (shape, box) => {
      const { hits } = probe(shape, haloOf(box));
      return totals.reduce(
        (least, total, object) => Math.min(least, ((visible[object] ?? 0) - (hits.get(object) ?? 0)) / total),
        1,
      );
    },
    paint: (shape, box) => {
      for (const pixel of pixelsOf(shape, haloOf(box))) {
        const hit = owner[pixel] ?? EMPTY;
        if (hit !== EMPTY) visible[hit] = (visible[hit] ?? 0) - 1;
        owner[pixel] = EMPTY;
      }
      const pixels = pixelsOf(shape, box);
      for (const pixel of pixels) owner[pixel] = totals.length;
      totals.push(pixels.length);
      visible.push(pixels.length);
    },
  };
}
