import { relationBetween } from '../relation.js';
import type { BoxPixels, Relation } from '../records.js';
import { objectBox, type Scene, type SceneObject } from './scene.js';
import { articleFor } from './vocabulary.js';

const ROWS = ['top', '', 'bottom'] as const;
const COLUMNS = ['left', '', 'right'] as const;

/**
 * An object's name: `small striped red circle` (`plain` is not said).
 *
 * @example
 * ```ts
 * import { objectName, type SceneObject } from '@fgam/data';
 * const circle: SceneObject = {
 *   ...{ shape: 'circle', colour: 'red', kind: 'red circle', size: 'small', texture: 'striped' },
 *   box: { x: 2, y: 4, width: 12, height: 12 },
 * };
 * if (objectName(circle) !== 'small striped red circle') throw new Error(objectName(circle));
 * const plain = objectName({ ...circle, texture: 'plain' });
 * if (plain !== 'small red circle') throw new Error(plain);
 * ```
 */
export function objectName(object: SceneObject): string {
  return [object.size, object.texture === 'plain' ? '' : object.texture, object.kind]
    .filter(Boolean)
    .join(' ');
}

/**
 * The cell of a 3 x 3 grid that holds a box's centre, in words: `top left`, `top`, ...,
 * `centre`, ..., `bottom right`.
 *
 * @param box - pixels
 * @param imageSize - the side of the image, pixels
 * @example
 * ```ts
 * import { locationOf } from '@fgam/data';
 * // The centres are (10, 8) and (32, 32) in an image of 63 pixels, whose thirds are 21 pixels.
 * const corner = locationOf({ x: 4, y: 2, width: 12, height: 12 }, 63);
 * const middle = locationOf({ x: 22, y: 22, width: 20, height: 20 }, 63);
 * if (corner !== 'top left' || middle !== 'centre') throw new Error(`${corner}, ${middle}`);
 * ```
 */
export function locationOf(box: BoxPixels, imageSize: number): string {
  const { row, column } = cellOf(box, imageSize);
  return [ROWS[row], COLUMNS[column]].filter(Boolean).join(' ') || 'centre';
}

/** The nine answers of `locationOf`, row by row. */
export function cellWords(): string[] {
  return ROWS.flatMap((row) => COLUMNS.map((column) => [row, column].filter(Boolean).join(' ') || 'centre'));
}

/**
 * An object's description: `a small striped red circle at the top left`.
 *
 * @example
 * ```ts
 * import { describeObject, type SceneObject } from '@fgam/data';
 * const cross: SceneObject = {
 *   ...{ shape: 'cross', colour: 'orange', kind: 'orange cross', size: 'large', texture: 'dotted' },
 *   box: { x: 40, y: 22, width: 20, height: 20 },
 * };
 * // Its centre is (50, 32): in the third column and the second row of three.
 * const text = describeObject({ imageSize: 64, objects: [cross] }, cross);
 * if (text !== 'a large dotted orange cross at the right') throw new Error(text);
 * ```
 */
export function describeObject(scene: Scene, object: SceneObject): string {
  const name = objectName(object);
  return `${articleFor(name)} ${name} at the ${locationOf(object.box, scene.imageSize)}`;
}

/**
 * The descriptions of all objects in reading order (the grid's rows from top to bottom, each from left to
 * right): `a ... , a ... .`
 *
 * @example
 * ```ts
 * import { sceneCaption, type SceneObject } from '@fgam/data';
 * const circle: SceneObject = {
 *   ...{ shape: 'circle', colour: 'red', kind: 'red circle', size: 'small', texture: 'plain' },
 *   box: { x: 50, y: 4, width: 12, height: 12 },
 * };
 * const other: SceneObject = { ...circle, box: { x: 2, y: 8, width: 12, height: 12 } };
 * // Both centres are in the top row, so that the one further left comes first, though it is lower.
 * const caption = sceneCaption({ imageSize: 64, objects: [circle, other] });
 * if (caption !== 'a small red circle at the top left , a small red circle at the top right .')
 *   throw new Error(caption);
 * ```
 */
export function sceneCaption(scene: Scene): string {
  const order = [...scene.objects].sort((a, b) => {
    const [cellA, cellB] = [cellOf(a.box, scene.imageSize), cellOf(b.box, scene.imageSize)];
    return cellA.row - cellB.row || centreX(a.box) - centreX(b.box) || a.box.y - b.box.y;
  });
  return `${order.map((object) => describeObject(scene, object)).join(' , ')} .`;
}

/** A clear relation of two objects of a scene, by their places in `scene.objects`. */
export interface SceneRelation {
  readonly subject: number;
  readonly relation: Relation;
  readonly object: number;
}

/**
 * The clear relations of each pair of objects, once a pair (the earlier object is the subject).
 *
 * @example
 * ```ts
 * import { sceneRelations, type SceneObject } from '@fgam/data';
 * const at = (x: number, y: number): SceneObject => ({
 *   ...{ shape: 'circle', colour: 'red', kind: 'red circle', size: 'small', texture: 'plain' },
 *   box: { x, y, width: 12, height: 12 },
 * });
 * const relations = sceneRelations({ imageSize: 64, objects: [at(50, 2), at(2, 2), at(26, 26)] });
 * // The third lies as far below the first two as beside them: no relation of it is clear.
 * if (JSON.stringify(relations) !== '[{"subject":0,"relation":"right-of","object":1}]')
 *   throw new Error(JSON.stringify(relations));
 * ```
 */
export function sceneRelations(scene: Scene): SceneRelation[] {
  const size = { width: scene.imageSize, height: scene.imageSize };
  const boxes = scene.objects.map((object) => objectBox(scene, object));
  return boxes.flatMap((a, subject) =>
    boxes.flatMap((b, object) => {
      const relation = object > subject ? relationBetween(a, b, size) : null;
      return relation ? [{ subject, relation, object }] : [];
    }),
  );
}

function cellOf(box: BoxPixels, imageSize: number): { readonly row: number; readonly column: number } {
  const third = (centre: number): number => Math.min(2, Math.floor((centre / imageSize) * 3));
  return { row: third(box.y + box.height / 2), column: third(centreX(box)) };
}

function centreX(box: BoxPixels): number {
  return box.x + box.width / 2;
}
