import sharp from 'sharp';
import type { BoxPixels } from '../records.js';
import type { Scene, SceneObject } from './scene.js';
import { covers, haloOf } from './shape.js';
import type { Colour, Shape } from './vocabulary.js';

type Rgb = readonly [number, number, number];

const BACKGROUND: Rgb = [38, 40, 46];
const PAINTS = {
  red: [226, 44, 44],
  green: [46, 168, 60],
  blue: [52, 110, 245],
  yellow: [245, 215, 35],
  purple: [158, 66, 212],
  orange: [255, 127, 14],
} as const satisfies Record<Colour, Rgb>;
/** Each pixel is the mean of this many samples a side: smooth edges, the same on every machine. */
const SAMPLES = 3;
/** Coverages up to this side are kept: 256 arrays of at most 16 KB. */
const MAX_KEPT_SIDE = 64;
/** Width of a stripe and half the pitch of dots, in pixels of an image of 64. */
const STRIPE = 2;

/** Draws a scene: RGB bytes, height x width x 3. */
export function paintScene(scene: Scene): Uint8Array {
  const { imageSize } = scene;
  const pixels = new Uint8Array(imageSize * imageSize * 3);
  pixels.set(BACKGROUND);
  // Each copy doubles what is filled.
  for (let filled = 3; filled < pixels.length; filled *= 2) pixels.copyWithin(filled, 0, filled);
  for (const object of scene.objects) paintObject(pixels, imageSize, object);
  return pixels;
}

/**
 * Draws a scene as a PNG.
 *
 * @example
 * ```ts
 * import { createRandom, renderScene, sampleScene } from '@fgam/data';
 *
 * const png = await renderScene(sampleScene(createRandom('7/test/0')));
 * if (png[1] !== 0x50) throw new Error('not a PNG');
 * ```
 */
export async function renderScene(scene: Scene): Promise<Uint8Array> {
  const raw = { width: scene.imageSize, height: scene.imageSize, channels: 3 } as const;
  return sharp(paintScene(scene), { raw }).png({ compressionLevel: 3 }).toBuffer();
}

function paintObject(pixels: Uint8Array, imageSize: number, object: SceneObject): void {
  fill(pixels, imageSize, object.shape, haloOf(object.box), () => BACKGROUND);
  fill(pixels, imageSize, object.shape, object.box, (column, row) =>
    paintAt(object, column, row, imageSize / 64),
  );
}

function fill(
  pixels: Uint8Array,
  imageSize: number,
  shape: Shape,
  box: BoxPixels,
  paintOf: (column: number, row: number) => Rgb,
): void {
  const shares = coverage(shape, box.width);
  for (let row = 0; row < box.height; row += 1) {
    for (let column = 0; column < box.width; column += 1) {
      const share = shares[row * box.width + column] ?? 0;
      if (share === 0) continue;
      const paint = paintOf(column, row);
      const offset = ((box.y + row) * imageSize + box.x + column) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const below = pixels[offset + channel] ?? 0;
        pixels[offset + channel] = Math.round(below + share * ((paint[channel] ?? 0) - below));
      }
    }
  }
}

const coverages = new Map<string, Float32Array>();

/**
 * The share of each pixel, row by row, that a shape of this side covers. Small sides are
 * kept: scenes use few of them.
 */
function coverage(shape: Shape, side: number): Float32Array {
  const key = `${shape} ${side}`;
  const known = coverages.get(key);
  if (known) return known;
  const shares = new Float32Array(side * side);
  const samples = side * SAMPLES;
  for (let v = 0; v < samples; v += 1)
    for (let u = 0; u < samples; u += 1)
      if (covers(shape, (u + 0.5) / samples, (v + 0.5) / samples)) {
        const pixel = Math.floor(v / SAMPLES) * side + Math.floor(u / SAMPLES);
        shares[pixel] = (shares[pixel] ?? 0) + 1 / SAMPLES ** 2;
      }
  if (side <= MAX_KEPT_SIDE) coverages.set(key, shares);
  return shares;
}

/** The colour at a pixel of the box: stripes are white diagonals, dots are white squares on a grid. */
function paintAt(object: SceneObject, x: number, y: number, scale: number): Rgb {
  const [column, row] = [Math.floor(x / (STRIPE * scale)), Math.floor(y / (STRIPE * scale))];
  const white =
    object.texture === 'striped'
      ? Math.floor((x + y) / (STRIPE * scale)) % 2 === 1
      : object.texture === 'dotted' && column % 2 === 1 && row % 2 === 1;
  return white ? [255, 255, 255] : PAINTS[object.colour];
}
