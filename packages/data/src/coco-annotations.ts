import type { z } from 'zod';
import { CocoMasks } from './coco-masks.js';
import type { cocoAnnotation, cocoAnnotationPlace } from './coco-schema.js';
import { readSegmentation } from './coco-segmentation.js';
import { idKey } from './id-key.js';
import type { BoxPixels, ImageSize, Mask } from './records.js';
import type { Skip } from './skips.js';

/** A record that is no annotation: why, and of which image and category it is, as far as it tells. */
export interface CocoFault extends Skip {
  /** As `idKey`. */
  readonly image: number | string | undefined;
  readonly category: number | undefined;
}

/**
 * The annotations of an instances file by row, in file order and pixels. A full COCO file of 860,000 takes some
 * 200 MB here, as plain objects 1 GB.
 */
export class CocoAnnotations {
  readonly #ids: (number | string)[] = [];
  readonly #images: (number | string)[] = [];
  readonly #categories: number[] = [];
  /** Four numbers a row. */
  readonly #boxes: number[] = [];
  readonly #crowds: number[] = [];
  readonly #masks: CocoMasks | undefined;
  readonly #runSizes = new Map<number, readonly [number, number]>();
  readonly #badMasks = new Map<number, string>();
  readonly #faults = new Map<number, CocoFault>();

  /** @param options - `masks`: keep them. They are checked in either case */
  constructor({ masks }: { readonly masks: boolean }) {
    this.#masks = masks ? new CocoMasks() : undefined;
  }

  /** Number of rows. */
  get length(): number {
    return this.#crowds.length;
  }

  /** Appends an annotation. */
  add(annotation: z.infer<typeof cocoAnnotation>): void {
    const row = this.length;
    const { segmentation } = annotation;
    if (segmentation && 'size' in segmentation) this.#runSizes.set(row, segmentation.size);
    const mask = readSegmentation(segmentation);
    if (typeof mask === 'string') this.#badMasks.set(row, mask);
    this.#masks?.push(typeof mask === 'string' ? undefined : mask);
    this.#ids.push(idKey(annotation.id));
    this.#images.push(idKey(annotation.image_id));
    this.#categories.push(annotation.category_id);
    for (const value of annotation.bbox) this.#boxes.push(value);
    this.#crowds.push(annotation.iscrowd);
  }

  /** Appends a record that is no annotation, so that faults keep the file's order. */
  addFault(fault: Skip, place: z.infer<typeof cocoAnnotationPlace> | undefined): void {
    const image = place === undefined ? undefined : small(idKey(place.image_id));
    this.#faults.set(this.length, { ...fault, image, category: place?.category_id });
    this.add({ id: 0, image_id: 0, category_id: 0, bbox: [0, 0, 0, 0], iscrowd: 0 });
  }

  /** Why the row's record is no annotation, if so. */
  faultAt(row: number): CocoFault | undefined {
    return this.#faults.get(row);
  }

  /** The row's id, as `idKey`. */
  idAt(row: number): number | string {
    return small(this.#ids[row] as number | string);
  }

  /** The id of the row's image, as `idKey`. */
  imageAt(row: number): number | string {
    return small(this.#images[row] as number | string);
  }

  /** The id of the row's category. */
  categoryAt(row: number): number {
    return this.#categories[row] as number;
  }

  /** The row's box. */
  boxAt(row: number): BoxPixels {
    const at = row * 4;
    return {
      x: this.#boxes[at] as number,
      y: this.#boxes[at + 1] as number,
      width: this.#boxes[at + 2] as number,
      height: this.#boxes[at + 3] as number,
    };
  }

  /** True for a crowd. */
  isCrowd(row: number): boolean {
    return this.#crowds[row] === 1;
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
    return this.#masks?.at(row, image);
  }
}

/** Maps find a small integer many times faster than the same number as a double, which arrays of mixed sizes hold. */
function small(id: number | string): number | string {
  return typeof id === 'number' && id === (id | 0) ? id | 0 : id;
}
