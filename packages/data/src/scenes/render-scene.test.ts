import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.js';
import { paintScene, renderScene } from './render-scene.js';
import { sampleScene } from './sample-scene.js';
import type { Scene, SceneObject } from './scene.js';
import { COLOURS, kindOf, SHAPES, type Texture } from './vocabulary.js';

function sceneOf(object: Partial<SceneObject> & { texture?: Texture }): Scene {
  const { shape = 'square', colour = 'red', texture = 'plain' } = object;
  const box = { x: 20, y: 20, width: 24, height: 24 };
  return {
    imageSize: 64,
    objects: [{ shape, colour, texture, size: 'large', kind: kindOf(colour, shape), box }],
  };
}

function pixel(pixels: Uint8Array, x: number, y: number): number[] {
  return [...pixels.slice((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)];
}

describe('paintScene', () => {
  it('paints the object in its box and background elsewhere', () => {
    const pixels = paintScene(sceneOf({}));
    expect(pixel(pixels, 20, 20)).toEqual([226, 44, 44]);
    expect(pixel(pixels, 43, 43)).toEqual([226, 44, 44]);
    expect(pixel(pixels, 44, 43)).toEqual([38, 40, 46]);
    expect(pixel(pixels, 0, 0)).toEqual([38, 40, 46]);
  });

  it('paints later objects over earlier ones', () => {
    const below = sceneOf({}).objects[0] as SceneObject;
    const above = { ...below, colour: 'blue', kind: 'blue square', box: { ...below.box, x: 32 } } as const;
    const pixels = paintScene({ imageSize: 64, objects: [below, above] });
    expect(pixel(pixels, 40, 30)).toEqual([52, 110, 245]);
    expect(pixel(pixels, 28, 30)).toEqual([226, 44, 44]);
  });

  it('gives every shape, colour and texture an image of its own, far from the others', () => {
    const images = (['plain', 'striped', 'dotted'] as const).flatMap((texture) =>
      COLOURS.flatMap((colour) => SHAPES.map((shape) => paintScene(sceneOf({ texture, colour, shape })))),
    );
    for (const [index, a] of images.entries())
      for (const b of images.slice(index + 1)) {
        const difference = a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0);
        // Mean absolute difference over the object's box and channels.
        expect(difference / (24 * 24 * 3)).toBeGreaterThan(8);
      }
  });
});

describe('renderScene', () => {
  it('encodes exactly the painted pixels as an RGB PNG', async () => {
    const scene = sampleScene(createRandom('render'), { imageSize: 96 });
    const { data, info } = await sharp(await renderScene(scene))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 96, height: 96, channels: 3 });
    expect(new Uint8Array(data)).toEqual(paintScene(scene));
  });
});
