import { boxUnitFromPixels, iou } from '../box.js';
import type { BoxPixels } from '../records.js';
import { type Canvas, createCanvas } from './canvas.js';
import type { Random } from './random.js';
import type { SceneObject } from './scene.js';
import type { Colour, Kind, Shape, Size, Texture } from './vocabulary.js';

/** At least this share of each object stays visible. */
const MIN_VISIBLE = 0.6;
/** How often an object is nested in another or partly covers another, where that is possible. */
const NESTED = 0.15;
const OVERLAPPING = 0.25;
/** IoU of boxes that partly cover each other: above `relationBetween`'s threshold, below what hides too much. */
const OVERLAP_IOU = [0.11, 0.35] as const;
const PLACE_TRIES = 60;

type Manner = 'apart' | 'overlapping' | 'nested';

/** An object that has no place yet. */
export interface Draft {
  readonly kind: Kind;
  readonly size: Size;
  readonly side: number;
  readonly texture: Texture;
}

/**
 * Places objects in the order given, each painted over the earlier ones: apart from all, partly over one, or
 * nested in one, at random. Undefined if one finds no place.
 */
export function placeObjects(
  random: Random,
  drafts: readonly Draft[],
  imageSize: number,
): SceneObject[] | undefined {
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
    if (!host || fits({ shape, box, manner }, host, placed.indexOf(host), canvas, imageSize)) return box;
  }
  return undefined;
}

function fits(
  { shape, box, manner }: { readonly shape: Shape; readonly box: BoxPixels; readonly manner: Manner },
  host: SceneObject,
  index: number,
  canvas: Canvas,
  imageSize: number,
): boolean {
  if (manner === 'nested' && !isWithin(box, host.box)) return false;
  if (manner === 'overlapping') {
    const size = { width: imageSize, height: imageSize };
    const shared = iou(boxUnitFromPixels(box, size), boxUnitFromPixels(host.box, size));
    if (isWithin(box, host.box) || shared < OVERLAP_IOU[0] || shared > OVERLAP_IOU[1]) return false;
  }
  if (canvas.visibleAfter(shape, box) <= MIN_VISIBLE) return false;
  const { hits, free } = canvas.probe(shape, box);
  const onHost = hits.get(index) ?? 0;
  // Nested: all of it on the host. Overlapping: at least a tenth of it, or the boxes overlap but the shapes do not.
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
