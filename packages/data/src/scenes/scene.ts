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

/** The box of a scene's object in image fractions. */
export function objectBox(scene: Scene, object: SceneObject): BoxUnit {
  return boxUnitFromPixels(object.box, { width: scene.imageSize, height: scene.imageSize });
}

/** The objects whose kind occurs once in the scene: those that questions may name. */
export function uniqueObjects(scene: Scene): SceneObject[] {
  return scene.objects.filter(
    (object) => scene.objects.filter((other) => other.kind === object.kind).length === 1,
  );
}
