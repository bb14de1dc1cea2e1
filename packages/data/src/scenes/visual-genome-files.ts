import { RELATION_PHRASES } from '../relation.js';
import { describeObject, sceneRelations } from './describe-scene.js';
import type { SceneObject } from './scene.js';
import { objectIdOf, type SceneRecord } from './scene-record.js';

/** More than the 15 pairs of six objects: relationship ids are the image's times this, plus the place. */
const RELATIONS_AN_IMAGE = 100;

/**
 * Visual Genome's five files by name, in its own forms: objects have `w` and `h`, regions `width` and
 * `height`; an image's `url` ends in its file name, its `coco_id` is the id in the COCO files.
 */
export function visualGenomeFiles(records: readonly SceneRecord[]): Readonly<Record<string, object>> {
  return {
    'image_data.json': records.map(({ id, fileName, scene }) => ({
      width: scene.imageSize,
      url: `images/${fileName}`,
      height: scene.imageSize,
      image_id: id,
      coco_id: id,
      flickr_id: null,
    })),
    'objects.json': records.map((record) => ({
      image_id: record.id,
      objects: record.scene.objects.map((object, index) => objectEntry(record, object, index)),
    })),
    'attributes.json': records.map((record) => ({
      image_id: record.id,
      attributes: record.scene.objects.map((object, index) => ({
        ...objectEntry(record, object, index),
        attributes: [object.size, object.colour, ...(object.texture === 'plain' ? [] : [object.texture])],
      })),
    })),
    'relationships.json': records.map((record) => ({
      image_id: record.id,
      relationships: sceneRelations(record.scene).map(({ subject, relation, object }, index) => ({
        relationship_id: record.id * RELATIONS_AN_IMAGE + index,
        predicate: RELATION_PHRASES[relation],
        synsets: [],
        subject: objectEntry(record, record.scene.objects[subject] as SceneObject, subject),
        object: objectEntry(record, record.scene.objects[object] as SceneObject, object),
      })),
    })),
    'region_descriptions.json': records.map((record) => ({
      regions: record.scene.objects.map((object, index) => ({
        region_id: objectIdOf(record, index),
        width: object.box.width,
        height: object.box.height,
        image_id: record.id,
        phrase: describeObject(record.scene, object),
        y: object.box.y,
        x: object.box.x,
      })),
      id: record.id,
    })),
  };
}

function objectEntry(record: SceneRecord, { kind, box }: SceneObject, index: number): object {
  return {
    synsets: [],
    h: box.height,
    object_id: objectIdOf(record, index),
    names: [kind],
    w: box.width,
    y: box.y,
    x: box.x,
  };
}
