import type { BoxPixels } from '../records.js';
import type { Shape } from './vocabulary.js';

/** A cross's arms are this share of its size thick. */
const ARM = 0.36;
/** Corners of the polygon that stands for a circle. */
const CIRCLE_CORNERS = 24;

/** Pixels of background around each object: stripes of two that touch would run together. */
const HALO = 1;

/** The box of an object's halo: the same shape, larger by a pixel on each side, hides what is under it. */
export function haloOf(box: BoxPixels): BoxPixels {
  return { x: box.x - HALO, y: box.y - HALO, width: box.width + 2 * HALO, height: box.height + 2 * HALO };
}

/** True if the point `u, v` (0..1 across and down the box) belongs to the shape. */
export function covers(shape: Shape, u: number, v: number): boolean {
  if (u < 0 || v < 0 || u > 1 || v > 1) return false;
  switch (shape) {
    case 'square':
      return true;
    case 'circle':
      return (u - 0.5) ** 2 + (v - 0.5) ** 2 <= 0.25;
    case 'triangle':
      return Math.abs(u - 0.5) <= v / 2;
    case 'cross':
      return Math.abs(u - 0.5) <= ARM / 2 || Math.abs(v - 0.5) <= ARM / 2;
  }
}

/** The shape's outline as a flat list `x, y, x, y, ...` in pixels, rounded to 0.01. */
export function polygonOf(shape: Shape, box: BoxPixels): number[] {
  return outline(shape).flatMap(([u, v]) => [
    Math.round((box.x + u * box.width) * 100) / 100,
    Math.round((box.y + v * box.height) * 100) / 100,
  ]);
}

/** The area of a polygon given as `x, y, x, y, ...` (shoelace formula). */
export function polygonArea(polygon: readonly number[]): number {
  let twice = 0;
  for (let index = 0; index < polygon.length; index += 2) {
    const [x0, y0] = [polygon[index] ?? 0, polygon[index + 1] ?? 0];
    const [x1, y1] = [polygon[(index + 2) % polygon.length] ?? 0, polygon[(index + 3) % polygon.length] ?? 0];
    twice += x0 * y1 - x1 * y0;
  }
  return Math.abs(twice) / 2;
}

function outline(shape: Shape): (readonly [number, number])[] {
  const [low, high] = [0.5 - ARM / 2, 0.5 + ARM / 2];
  switch (shape) {
    case 'square':
      return [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ];
    case 'triangle':
      return [
        [0.5, 0],
        [1, 1],
        [0, 1],
      ];
    case 'cross':
      return [
        [low, 0],
        [high, 0],
        [high, low],
        [1, low],
        [1, high],
        [high, high],
        [high, 1],
        [low, 1],
        [low, high],
        [0, high],
        [0, low],
        [low, low],
      ];
    case 'circle':
      return Array.from({ length: CIRCLE_CORNERS }, (_, corner) => {
        const angle = (2 * Math.PI * corner) / CIRCLE_CORNERS;
        return [0.5 + Math.cos(angle) / 2, 0.5 + Math.sin(angle) / 2] as const;
      });
  }
}
