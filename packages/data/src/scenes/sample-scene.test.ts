import { describe, expect, it } from 'vitest';
import { createRandom } from './random.js';
import { sampleScene } from './sample-scene.js';
import type { Scene, SceneObject } from './scene.js';
import { covers } from './shape.js';
import { COLOURS, KINDS, partnerOf, SHAPES } from './vocabulary.js';

const scenes = Array.from({ length: 400 }, (_, index) => sampleScene(createRandom(`sample/${index}`)));

/** The visible share of each object, painted again pixel by pixel: a shape also hides a pixel around it. */
function visibleShares(scene: Scene): number[] {
  const owner = new Map<number, number>();
  const paint = (shape: SceneObject['shape'], x: number, y: number, side: number, index: number): number => {
    let total = 0;
    for (let row = 0; row < side; row += 1)
      for (let column = 0; column < side; column += 1)
        if (covers(shape, (column + 0.5) / side, (row + 0.5) / side)) {
          owner.set((y + row) * scene.imageSize + x + column, index);
          total += 1;
        }
    return total;
  };
  const totals = scene.objects.map(({ shape, box }, index) => {
    paint(shape, box.x - 1, box.y - 1, box.width + 2, -1);
    return paint(shape, box.x, box.y, box.width, index);
  });
  const shown = [...owner.values()];
  return totals.map((total, index) => shown.filter((each) => each === index).length / total);
}

describe('sampleScene', () => {
  it('depends on its key alone', () => {
    expect(sampleScene(createRandom('a'))).toEqual(sampleScene(createRandom('a')));
    expect(sampleScene(createRandom('a'))).not.toEqual(sampleScene(createRandom('b')));
  });

  it('keeps to its numbers: objects, sizes, whole pixels, a margin', () => {
    for (const { objects, imageSize } of scenes) {
      expect(objects.length).toBeGreaterThanOrEqual(2);
      expect(objects.length).toBeLessThanOrEqual(6);
      for (const { box, size, kind, colour, shape } of objects) {
        expect(kind).toBe(`${colour} ${shape}`);
        const [least, most] = size === 'small' ? [12, 16] : [20, 28];
        expect(box.width).toBeGreaterThanOrEqual(least);
        expect(box.width).toBeLessThanOrEqual(most);
        expect(box.height).toBe(box.width);
        expect([box.x, box.y, box.width].every(Number.isInteger)).toBe(true);
        expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(1);
        expect(Math.max(box.x, box.y) + box.width).toBeLessThanOrEqual(imageSize - 1);
      }
    }
  });

  it('shows more than 60 % of each object', () => {
    for (const scene of scenes) for (const share of visibleShares(scene)) expect(share).toBeGreaterThan(0.6);
  });

  it('uses every shape, colour, texture and number of objects about evenly', () => {
    const objects = scenes.flatMap((scene) => scene.objects);
    const share = (count: number) => count / objects.length;
    for (const shape of SHAPES)
      expect(share(objects.filter((each) => each.shape === shape).length)).toBeCloseTo(1 / 4, 1);
    for (const colour of COLOURS)
      expect(share(objects.filter((each) => each.colour === colour).length)).toBeCloseTo(1 / 6, 1);
    expect(share(objects.filter((each) => each.texture === 'striped').length)).toBeCloseTo(1 / 2, 1);
    for (const count of [2, 3, 4, 5, 6])
      expect(scenes.filter((scene) => scene.objects.length === count).length).toBeGreaterThan(50);
  });

  it('brings partners along only when biased', () => {
    const partnered = (bias: number) => {
      const biased = Array.from({ length: 400 }, (_, i) => sampleScene(createRandom(`bias/${i}`), { bias }));
      const pairs = biased.flatMap(({ objects }) => {
        const kinds = new Set(objects.map((object) => object.kind));
        return [...kinds].map((kind) => kinds.has(partnerOf(kind)));
      });
      return pairs.filter(Boolean).length / pairs.length;
    };
    expect(partnered(0)).toBeLessThan(0.2);
    expect(partnered(0.5)).toBeGreaterThan(0.4);
  });

  it('scales with the image', () => {
    const { objects } = sampleScene(createRandom('scale'), { imageSize: 128 });
    for (const { box, size } of objects) {
      if (size === 'small') expect(box.width).toBeLessThanOrEqual(32);
      else expect(box.width).toBeGreaterThanOrEqual(40);
    }
  });

  it('names all options out of range', () => {
    const wrong = () =>
      sampleScene(createRandom('x'), { imageSize: 8, maxObjects: 9, bias: 2, textures: [] });
    expect(wrong).toThrow(/imageSize.*maxObjects.*bias.*textures/);
    expect(wrong).toThrow(expect.objectContaining({ code: 'data/bad-config' }) as Error);
    expect(KINDS).toHaveLength(24);
  });
});
