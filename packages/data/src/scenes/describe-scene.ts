import { relationBetween } from '../relation.js';
import type { BoxPixels, Relation } from '../records.js';
import { objectBox, type Scene, type SceneObject } from './scene.js';
import { articleFor } from './vocabulary.js';

const ROWS = ['top', '', 'bottom'] as const;
const COLUMNS = ['left', '', 'right'] as const;

/** An object's name: `small striped red circle` (`plain` is not said). */
export function objectName(object: SceneObject): string {
  return [object.size, object.texture === 'plain' ? '' : object.texture, object.kind]
    .filter(Boolean)
    .join(' ');
}

/**
 * The cell of a 3 x 3 grid that holds a box's centre, in words: `top left`, `top`, ...,
 * `centre`, ..., `bottom right`.
 */
export function locationOf(box: BoxPixels, imageSize: number): string {
  const { row, column } = cellOf(box, imageSize);
  return [ROWS[row], COLUMNS[column]].filter(Boolean).join(' ') || 'centre';
}

/** The nine answers of `locationOf`, row by row. */
export function cellWords(): string[] {
  return ROWS.flatMap((row) => COLUMNS.map((column) => [row, column].filter(Boolean).join(' ') || 'centre'));
}

/** An object's description: `a small striped red circle at the top left`. */
export function describeObject(scene: Scene, object: SceneObject): string {
  const name = objectName(object);
  return `${articleFor(name)} ${name} at the ${locationOf(object.box, scene.imageSize)}`;
}

/**
 * The descriptions of all objects in reading order (the grid's rows from top to bottom, each from left to
 * right): `a ... , a ... .`
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

/** The clear relations of each pair of objects, once a pair (the earlier object is the subject). */
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
