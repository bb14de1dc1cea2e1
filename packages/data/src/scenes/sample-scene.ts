import { iou } from '../box.js';
import { FgamError } from '../error.js';
import type { BoxPixels, BoxUnit } from '../records.js';
import { type Canvas, createCanvas } from './canvas.js';
import type { Random } from './random.js';
import type { Scene, SceneObject } from './scene.js';
import {
  type Colour,
  KINDS,
  type Kind,
  partnerOf,
  type Shape,
  SIZES,
  type Size,
  TEXTURES,
  type Texture,
} from './vocabulary.js';

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
/** At least this share of each object stays visible. */
const MIN_VISIBLE = 0.6;
/** How often an object is nested in another or partly covers another, where that is possible. */
const NESTED = 0.15;
const OVERLAPPING = 0.25;
/** IoU of boxes that partly cover each other: above `relationBetween`'s threshold, below what hides too much. */
const OVERLAP_IOU = [0.11, 0.35] as const;
const LAYOUT_TRIES = 60;
const PLACE_TRIES = 60;

type Manner = 'apart' | 'overlapping' | 'nested';

/**
 * Draws one scene at random: 2 to 6 objects, mostly apart, some partly over another, some nested in another of another colour; of
 * each, more than 60 % stays visible. The same random source gives the same scene.
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
    const objects = placeAll(random, drafts, imageSize);
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

interface Draft {
  readonly kind: Kind;
  readonly size: Size;
  readonly side: number;
  readonly texture: Texture;
}

function placeAll(random: Random, drafts: readonly Draft[], imageSize: number): SceneObject[] | undefined {
  const canvas = createCanvas(imageSize);
  const placed: SceneObject[] = [];
  for (const draft of drafts) {
    const [colour, shape] = draft.kind.split(' ') as [Colour, Shape];
    const manner = random.float();
    const wanted: Manner =
      manner < NESTED ? 'nested' : manner < NESTED + OVERLAPPING ? 'overlapping' : 'apart';
    const manners: readonly Manner[] =
      wanted === 'apart' || placed.length === 0 ? ['apart'] : [wanted, 'apart'];
    const box = manners
      .map((each) => place(random, { ...draft, colour, shape }, each, placed, canvas, imageSize))
      .find((found) => found !== undefined);
    if (!box) return undefined;
    canvas.paint(shape, box);
    placed.push({ shape, colour, size: draft.size, texture: draft.texture, kind: draft.kind, box });
  }
  return placed;
}

function place(
  random: Random,
  draft: Draft & { readonly colour: Colour; readonly shape: Shape },
  manner: Manner,
  placed: readonly SceneObject[],
  canvas: Canvas,
  imageSize: number,
): BoxPixels | undefined {
  const { side, shape, colour } = draft;
  const hosts = placed.filter(
    (other) => other.colour !== colour && (manner !== 'nested' || other.box.width > side + 1),
  );
  if (manner !== 'apart' && hosts.length === 0) return undefined;
  for (let attempt = 0; attempt < PLACE_TRIES; attempt += 1) {
    const host = manner === 'apart' ? undefined : random.pick(hosts);
    // Where the top left corner may be: within the image, or so that the box lies within its host, or touches it.
    const [before, after] = manner === 'nested' ? [1, -side - 1] : [-side, 0];
    const corner = (start: number, length: number): number =>
      random.int(Math.max(1, start + before), Math.min(imageSize - side - 1, start + length + after));
    const x = host ? corner(host.box.x, host.box.width) : random.int(1, imageSize - side - 1);
    const y = host ? corner(host.box.y, host.box.height) : random.int(1, imageSize - side - 1);
    const box = { x, y, width: side, height: side };
    if (placed.some((other) => other !== host && !isApart(box, other.box))) continue;
    if (!host || fits(shape, box, manner, host, placed.indexOf(host), canvas)) return box;
  }
  return undefined;
}

function fits(
  shape: Shape,
  box: BoxPixels,
  manner: Manner,
  host: SceneObject,
  index: number,
  canvas: Canvas,
): boolean {
  if (manner === 'nested' && !isWithin(box, host.box)) return false;
  if (manner === 'overlapping') {
    const shared = iou(asFractions(box), asFractions(host.box));
    if (isWithin(box, host.box) || shared < OVERLAP_IOU[0] || shared > OVERLAP_IOU[1]) return false;
  }
  if (canvas.visibleAfter(shape, box) <= MIN_VISIBLE) return false;
  const { hits, free } = canvas.probe(shape, box);
  const onHost = hits.get(index) ?? 0;
  return manner === 'nested' ? free === 0 && hits.size === 1 : onHost * 10 >= onHost + free;
}

/** At least one pixel lies between the boxes. */
function isApart(a: BoxPixels, b: BoxPixels): boolean {
  return a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;
}

/** Inside with a margin of at least a pixel. */
function isWithin(inner: BoxPixels, outer: BoxPixels): boolean {
  return (
    inner.x > outer.x &&
    inner.y > outer.y &&
    inner.x + inner.width < outer.x + outer.width &&
    inner.y + inner.height < outer.y + outer.height
  );
}

/** IoU does not depend on the unit, so pixels can stand for fractions. */
function asFractions(box: BoxPixels): BoxUnit {
  return { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height };
}
