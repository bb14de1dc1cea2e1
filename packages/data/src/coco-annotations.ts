import type { z } from 'zod';
import { CocoMasks } from './coco-masks.js';
import type { cocoAnnotation } from './coco-schema.js';
import { readSegmentation } from './coco-segmentation.js';
import { GrowingArray } from './growing-array.js';
import { IdColumn } from './id-column.js';
import type { BoxPixels, ImageSize, Mask } from './records.js';
import type { Skip } from './skips.js';

const CROWD = 1;
const MASK = 2;

/**
 * The annotations of an instances file by row, in file order and pixels. A full COCO file of 860,000 takes 150 MB here;
 * as plain objects 1 GB.
 */
export class CocoAnnotations {
  readonly #ids = new IdColumn();
  readonly #images = new IdColumn();
  readonly #categories = new GrowingArray(Float64Array);
  /** Four numbers a row. */
  readonly #boxes = new GrowingArray(Float64Array);
  readonly #flags = new GrowingArray(Uint8Array);
  readonly #places = new GrowingArray(Uint32Array);
  readonly #masks: CocoMasks | undefined;
  readonly #runSizes = new Map<number, readonly [number, number]>();
  readonly #badMasks = new Map<number, string>();
  readonly #faults = new Map<number, Skip>();
  #length = 0;

  /** @param options - `masks`: keep them. They are checked in either case */
  constructor({ masks }: { readonly masks: boolean }) {
    this.#masks = masks ? new CocoMasks() : undefined;
  }

  /** Number of rows. */
  get length(): number {
    return this.#length;
  }

  /** Appends an annotation. */
  add(annotation: z.infer<typeof cocoAnnotation>): void {
    const row = this.#length;
    const { segmentation } = annotation;
    if (segmentation && 'size' in segmentation) this.#runSizes.set(row, segmentation.size);
    const mask = readSegmentation(segmentation);
    let flags = annotation.iscrowd === 1 ? CROWD : 0;
    let place = 0;
    if (typeof mask === 'string') this.#badMasks.set(row, mask);
    else if (mask && this.#masks) {
      flags |= MASK;
      place = this.#masks.add(mask);
    }
    this.#push(annotation.id, annotation.image_id, annotation.category_id, annotation.bbox, flags, place);
  }

  /** Appends a record that is no annotation, so that faults keep the file's order. */
  addFault(fault: Skip): void {
    this.#faults.set(this.#length, fault);
    this.#push(0, 0, 0, [0, 0, 0, 0], 0, 0);
  }

  #push(
    id: number | string,
    image: number | string,
    category: number,
    bbox: readonly number[],
    flags: number,
    place: number,
  ): void {
    this.#ids.push(id);
    this.#images.push(image);
    this.#categories.push(category);
    for (const value of bbox) this.#boxes.push(value);
    this.#flags.push(flags);
    this.#places.push(place);
    this.#length++;
  }

  /** Why the row's record is no annotation, if so. */
  faultAt(row: number): Skip | undefined {
    return this.#faults.get(row);
  }

  /** The row's id, as `idKey`. */
  idAt(row: number): number | string {
    return this.#ids.at(row);
  }

  /** The id of the row's image, as `idKey`. */
  imageAt(row: number): number | string {
    return this.#images.at(row);
  }

  /** The id of the row's category. */
  categoryAt(row: number): number {
    return this.#categories.at(row);
  }

  /** The row's box. */
  boxAt(row: number): BoxPixels {
    const [x, y, width, height] = [0, 1, 2, 3].map((side) => this.#boxes.at(row * 4 + side));
    return { x, y, width, height } as BoxPixels;
  }

  /** True for a crowd. */
  isCrowd(row: number): boolean {
    return (this.#flags.at(row) & CROWD) !== 0;
  }

  /** What is wrong with the row's segmentation in an image of this size, if anything. */
  maskFaultAt(row: number, image: ImageSize): string | undefined {
    const size = this.#runSizes.get(row);
    if (size && (size[0] !== image.height || size[1] !== image.width))
      return `the mask is ${size[1]} x ${size[0]}, the image ${image.width} x ${image.height}`;
    return this.#badMasks.get(row);
  }

  /** The row's mask, where it has one and masks are kept. */
  maskAt(row: number, image: ImageSize): Mask | undefined {
    if ((this.#flags.at(row) & MASK) === 0) return undefined;
    return this.#masks?.read(this.#places.at(row), image);
  }
}
