import { boxCentre, type BoxUnit, type ImageSize } from '@fgam/data';

/** How far the centres of two boxes are from each other in an image of that size, in pixels. */
export function centreDistance(a: BoxUnit, b: BoxUnit, { width, height }: ImageSize): number {
  const [from, to] = [boxCentre(a), boxCentre(b)];
  return Math.hypot((from.x - to.x) * width, (from.y - to.y) * height);
}
