import {
  createRandom,
  describeObject,
  iou,
  objectBox,
  objectName,
  type Question,
  type RegionSample,
  type RegionTextScorer,
  renderScene,
  sampleScene,
  type Scene,
  sceneCaption,
  sceneQuestions,
  TEST_QUESTIONS,
} from '@fgam/data';
import { locationOfBox } from './claims/locations.js';

/** A scene with its picture and its questions. */
export interface PicturedScene {
  readonly scene: Scene;
  readonly image: Uint8Array;
  readonly questions: readonly Question[];
}

/** Questions of every kind, those about places too. */
const ALL_KINDS = { ...TEST_QUESTIONS, location: 3 } as const;

/** Seeded scenes with pictures and questions of every kind. */
export async function pictureScenes(count: number, seed = 0): Promise<PicturedScene[]> {
  const scenes = Array.from({ length: count }, (_, i) => sampleScene(createRandom(`${seed}/scene/${i}`)));
  return Promise.all(
    scenes.map(async (scene, i) => ({
      scene,
      image: await renderScene(scene),
      questions: sceneQuestions(scene, createRandom(`${seed}/questions/${i}`), {
        sample: String(i),
        counts: ALL_KINDS,
      }),
    })),
  );
}

/**
 * A region-text scorer as stage 1 would be if it were perfect: the cosine of a box and a text is the box's
 * overlap with the object that fits both best, times the share of words that the object's description has.
 */
export function idealScorer(scenes: readonly PicturedScene[]): RegionTextScorer {
  const sceneOf = new Map(scenes.map(({ image, scene }) => [image, scene]));
  return {
    name: 'ideal',
    async score(requests) {
      return requests.map(({ image, boxes, texts }) => {
        const scene = sceneOf.get(image as Uint8Array);
        if (!scene) throw new Error('a picture of no known scene');
        const objects = scene.objects.map((object) => {
          const box = objectBox(scene, object);
          return { box, words: new Set(`${objectName(object)} ${locationOfBox(box)}`.split(' ')) };
        });
        const wanted = texts.map((text) =>
          text.split(' ').filter((word) => !['a', 'an', 'at', 'the'].includes(word)),
        );
        return boxes.map((box) => {
          const overlaps = objects.map((object) => iou(box, object.box));
          return wanted.map((words) =>
            objects.reduce((most, object, i) => {
              const shared = words.filter((word) => object.words.has(word)).length;
              const share = (2 * shared) / (words.length + object.words.size);
              return Math.max(most, (overlaps[i] ?? 0) * share);
            }, 0),
          );
        });
      });
    },
  };
}

/** A scene as its annotation file has it. */
export function toSample(scene: Scene, id: string): RegionSample {
  return {
    id,
    image: `${id}.png`,
    width: scene.imageSize,
    height: scene.imageSize,
    caption: sceneCaption(scene),
    regions: scene.objects.map((object, index) => ({
      id: `${id}/${index}`,
      box: objectBox(scene, object),
      label: object.kind,
      description: describeObject(scene, object),
      source: 'scenes',
    })),
  };
}
