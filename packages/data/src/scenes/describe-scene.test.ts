import { describe, expect, it } from 'vitest';
import { describeObject, locationOf, objectName, sceneCaption, sceneRelations } from './describe-scene.js';
import type { Scene, SceneObject } from './scene.js';

const circle: SceneObject = {
  shape: 'circle',
  colour: 'red',
  size: 'small',
  texture: 'striped',
  kind: 'red circle',
  box: { x: 2, y: 4, width: 12, height: 12 },
};
const square: SceneObject = {
  shape: 'square',
  colour: 'blue',
  size: 'large',
  texture: 'plain',
  kind: 'blue square',
  box: { x: 22, y: 22, width: 20, height: 20 },
};
const cross: SceneObject = {
  ...circle,
  shape: 'cross',
  colour: 'orange',
  kind: 'orange cross',
  texture: 'plain',
  box: { x: 50, y: 6, width: 12, height: 12 },
};
const scene: Scene = { imageSize: 64, objects: [square, cross, circle] };

describe('scene texts', () => {
  it('name, place and describe objects', () => {
    expect(objectName(circle)).toBe('small striped red circle');
    expect(objectName(square)).toBe('large blue square');
    expect(describeObject(scene, circle)).toBe('a small striped red circle at the top left');
  });

  it('caption objects in reading order', () => {
    expect(sceneCaption(scene)).toBe(
      'a small striped red circle at the top left , a small orange cross at the top right , a large blue square at the centre .',
    );
  });

  it('know the nine places', () => {
    const at = (x: number, y: number) => locationOf({ x: x - 6, y: y - 6, width: 12, height: 12 }, 64);
    const grid = [10, 32, 54].map((y) => [10, 32, 54].map((x) => at(x, y)));
    expect(grid).toEqual([
      ['top left', 'top', 'top right'],
      ['left', 'centre', 'right'],
      ['bottom left', 'bottom', 'bottom right'],
    ]);
  });

  it('relate each clear pair once', () => {
    // The square's centre lies (24, 20) and (24, 22) pixels off the others': 17 % and 8 %, both masked.
    expect(sceneRelations(scene)).toEqual([{ subject: 1, relation: 'right-of', object: 2 }]);
  });
});
