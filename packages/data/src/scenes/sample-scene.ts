import { FgamError } from '../error.js';
import { placeObjects } from './place-objects.js';
import type { Random } from './random.js';
import type { Scene } from './scene.js';
import { KINDS, type Kind, partnerOf, SIZES, type Size, TEXTURES, type Texture } from './vocabulary.js';

/** What scenes look like. */
export interface SampleSceneOptions {
  /** Width and height in pixels, 48 to 1024 (default 64). */
  readonly imageSize?: number;
  readonly minObjects?: number;
  readonly maxObjects?: number;
  /** Probability that a kind brings its partner along (`partnerOf`); 0 leaves kinds independent (default). */
  readonly bias?: number;
  /** Default plain and striped. */
  readonly textures?: readonly Texture[];
}

/** Side lengths in pixels, both ends included, of an image of 64 pixels. */
const SIDES = { small: [12, 16], large: [20, 28] } as const satisfies Record<Size, readonly [number, number]>;
const LAYOUT_TRIES = 60;

/**
 * Draws one scene at random: 2 to 6 objects, mostly apart, some partly over another, some nested in another
 * of another colour; of each, more than 60 % stays visible. The same random source gives the same scene.
 *
 * @param random - from `createRandom`
 * @throws FgamError `data/bad-config` if an option is out of range
 * @example
 * ```ts
 * import { createRandom, sampleScene, sceneCaption } from '@fgam/data';
 *
 * const scene = sampleScene(createRandom('7/test/0'), { minObjects: 3 });
 * if (scene.objects.length < 3) throw new Error('too few objects');
 * console.log(sceneCaption(scene)); // "a small striped red circle at the top left , a large ..."
 * ```
 */
export function sampleScene(random: Random, options: SampleSceneOptions = {}): Scene {
  const { imageSize, minObjects, maxObjects, bias, textures } = checkSceneOptions(options);
  const kinds = sampleKinds(random, random.int(minObjects, maxObjects), bias);
  for (let attempt = 0; attempt < LAYOUT_TRIES; attempt += 1) {
    const drafts = kinds.map((kind) => {
      const size = random.pick(SIZES);
      const [least, most] = SIDES[size];
      const side = Math.round((random.int(least * 4, most * 4) / 4) * (imageSize / 64));
      return { kind, size, side, texture: random.pick(textures) };
    });
    // Large ones first: what is nested must be painted after what holds it.
    drafts.sort((a, b) => b.side - a.side);
    const objects = placeObjects(random, drafts, imageSize);
    if (objects) return { imageSize, objects };
  }
  return sampleScene(random, options);
}

/** Fills in the defaults. @throws FgamError `data/bad-config` naming every option that is out of range */
export function checkSceneOptions(options: SampleSceneOptions): Required<SampleSceneOptions> {
  const {
    imageSize = 64,
    minObjects = 2,
    maxObjects = 6,
    bias = 0,
    textures = ['plain', 'striped'],
  } = options;
  const faults = [
    ...(Number.isInteger(imageSize) && imageSize >= 48 && imageSize <= 1024
      ? []
      : [`imageSize: expected an integer from 48 to 1024, got ${imageSize}`]),
    ...(Number.isInteger(minObjects) && minObjects >= 1 && minObjects <= maxObjects
      ? []
      : [`minObjects: expected an integer from 1 to maxObjects (${maxObjects}), got ${minObjects}`]),
    ...(Number.isInteger(maxObjects) && maxObjects <= 6
      ? []
      : [`maxObjects: expected an integer up to 6 (more do not fit), got ${maxObjects}`]),
    ...(bias >= 0 && bias <= 1 ? [] : [`bias: expected a probability, got ${bias}`]),
    ...(textures.length > 0 && textures.every((texture) => TEXTURES.includes(texture))
      ? []
      : [`textures: expected some of ${TEXTURES.join(', ')}, got [${textures.join(', ')}]`]),
  ];
  if (faults.length > 0) throw new FgamError('data/bad-config', `scene options: ${faults.join('; ')}`);
  return { imageSize, minObjects, maxObjects, bias, textures };
}

function sampleKinds(random: Random, count: number, bias: number): Kind[] {
  const kinds: Kind[] = [];
  while (kinds.length < count) {
    const kind = random.pick(KINDS);
    kinds.push(kind);
    const partner = partnerOf(kind);
    if (kinds.length < count && !kinds.includes(partner) && random.chance(bias)) kinds.push(partner);
  }
  return kinds;
}
