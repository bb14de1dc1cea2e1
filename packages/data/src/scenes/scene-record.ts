import type { Scene } from './scene.js';

/** A scene with the ids and the file name it has in a scenes folder. */
export interface SceneRecord {
  /** COCO's and Visual Genome's image id. */
  readonly id: number;
  readonly fileName: string;
  readonly scene: Scene;
}

/** Id of an object of a scene: the same number in COCO (annotation) and Visual Genome (object and region). */
export function objectIdOf(record: SceneRecord, index: number): number {
  return record.id * 10 + index;
}
