import { boxUnitFromPixels } from '../box.js';
import type { BoxPixels, BoxUnit } from '../records.js';
import type { Colour, Kind, Shape, Size, Texture } from './vocabulary.js';

/** One object of a scene. Its box is tight around the whole shape, hidden parts included. */
export interface SceneObject {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: Size;
  readonly texture: Texture;
  readonly kind: Kind;
  readonly box: BoxPixels;
}

/** A scene before it is drawn: its objects in painting order (a later one hides what it covers). */
export interface Scene {
  /** Width and height of the image in pixels. */
  readonly imageSize: number;
  readonly objects: readonly SceneObject[];
}

/**
 * The box of a scene's object in image fractions.
 *
 * @throws FgamError `data/bad-box` where the box leaves the image or has no area
 * @example
 * ```ts
 * import { objectBox, type SceneObject } from '@fgam/data';
 * const circle: SceneObject = {
 *   ...{ shape: 'circle', colour: 'red', kind: 'red circle', size: 'small', texture: 'plain' },
 *   box: { x: 16, y: 0, width: 16, height: 16 },
 * };
 * const { x0, y0, x1, y1 } = objectBox({ imageSize: 64, objects: [circle] }, circle);
 * if ([x0, y0, x1, y1].join() !== '0.25,0,0.5,0.25') throw new Error([x0, y0, x1, y1].join());
 * ```
 */
export function objectBox(scene: Scene, object: SceneObject): BoxUnit {
  return boxUnitFromPixels(object.box, { width: scene.imageSize, height: scene.imageSize });
}

/** The objects whose kind occurs once in the scene: those that questions may name. */
export function uniqueObjects(scene: Scene): SceneObject[] {
  return scene.objects.filter(
    (object) => scene.objects.filter((other) => other.kind === object.kind).length === 1,
  );
}
