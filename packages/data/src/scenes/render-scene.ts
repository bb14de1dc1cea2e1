import sharp from 'sharp';
import type { BoxPixels } from '../records.js';
import type { Scene, SceneObject } from './scene.js';
import { covers } from './shape.js';
import type { Colour, Shape } from './vocabulary.js';

type Rgb = readonly [number, number, number];

const BACKGROUND: Rgb = [38, 40, 46];
/** Pixels of background around each object, so that stripes of two that touch do not run together. */
const HALO = 1;
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
/** Width of a stripe and half the pitch of dots, in pixels of an image of 64. */
const STRIPE = 2;

/** Draws a scene: RGB bytes, height x width x 3. */
export function paintScene(scene: Scene): Uint8Array {
  const { imageSize } = scene;
  const pixels = new Uint8Array(imageSize * imageSize * 3);
  for (let offset = 0; offset < pixels.length; offset += 3) pixels.set(BACKGROUND, offset);
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
  const { x, y, width, height } = object.box;
  const halo = { x: x - HALO, y: y - HALO, width: width + 2 * HALO, height: height + 2 * HALO };
  fill(pixels, imageSize, object.shape, halo, () => BACKGROUND);
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
  for (let y = box.y; y < box.y + box.height; y += 1) {
    for (let x = box.x; x < box.x + box.width; x += 1) {
      const share = coverage(shape, x - box.x, y - box.y, box.width);
      if (share === 0) continue;
      const paint = paintOf(x - box.x, y - box.y);
      const offset = (y * imageSize + x) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const below = pixels[offset + channel] ?? 0;
        pixels[offset + channel] = Math.round(below + share * ((paint[channel] ?? 0) - below));
      }
    }
  }
}

function coverage(shape: Shape, x: number, y: number, side: number): number {
  let inside = 0;
  for (let row = 0; row < SAMPLES; row += 1)
    for (let column = 0; column < SAMPLES; column += 1)
      if (covers(shape, (x + (column + 0.5) / SAMPLES) / side, (y + (row + 0.5) / SAMPLES) / side))
        inside += 1;
  return inside / (SAMPLES * SAMPLES);
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
