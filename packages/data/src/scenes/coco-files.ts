import { sceneCaption } from './describe-scene.js';
import { objectIdOf, type SceneRecord } from './scene-record.js';
import { polygonArea, polygonOf } from './shape.js';
import { categoryIdOf, KINDS } from './vocabulary.js';

const INFO = { description: 'FGAM scenes', url: '', version: '1.0', contributor: 'FGAM', date_created: '' };
const LICENSES = [{ url: 'https://www.apache.org/licenses/LICENSE-2.0', id: 1, name: 'Apache License 2.0' }];

/** COCO's `instances` file: boxes `x, y, width, height` in pixels, polygons of whole shapes, a category a kind. */
export function cocoInstances(records: readonly SceneRecord[]): object {
  return {
    info: INFO,
    licenses: LICENSES,
    images: cocoImages(records),
    annotations: records.flatMap((record) =>
      record.scene.objects.map(({ shape, kind, box }, index) => {
        const polygon = polygonOf(shape, box);
        return {
          segmentation: [polygon],
          area: Math.round(polygonArea(polygon) * 100) / 100,
          iscrowd: 0,
          image_id: record.id,
          bbox: [box.x, box.y, box.width, box.height],
          category_id: categoryIdOf(kind),
          id: objectIdOf(record, index),
        };
      }),
    ),
    categories: KINDS.map((kind) => ({
      supercategory: kind.split(' ')[1],
      id: categoryIdOf(kind),
      name: kind,
    })),
  };
}

/** COCO's `captions` file: one caption an image. */
export function cocoCaptions(records: readonly SceneRecord[]): object {
  return {
    info: INFO,
    licenses: LICENSES,
    images: cocoImages(records),
    annotations: records.map((record) => ({
      image_id: record.id,
      id: record.id,
      caption: sceneCaption(record.scene),
    })),
  };
}

function cocoImages(records: readonly SceneRecord[]): object[] {
  return records.map(({ id, fileName, scene }) => ({
    license: 1,
    file_name: fileName,
    height: scene.imageSize,
    width: scene.imageSize,
    id,
  }));
}
