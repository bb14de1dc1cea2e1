import { boxUnitFromPixels } from './box.js';
import type { CocoInstances } from './coco-instances.js';
import { isFgamError } from './error.js';
import { idKey } from './id-key.js';
import { incompleteLabels } from './incomplete-labels.js';
import type { ImageSize, RegionSample } from './records.js';
import type { SkipList } from './skips.js';

/** Of a row that no image has. */
const NOWHERE = 0xffffffff;

/** What images have of the annotations, by the image's place in the list of those that are used. */
export interface PictureAnnotations {
  /** Rows of the good ones, in file order. */
  readonly rowsOf: (picture: number) => Uint32Array;
  /** Labels of those that were left out, as the sample has them. */
  readonly incompleteOf: (picture: number) => Pick<RegionSample, 'incomplete'>;
}

/**
 * Checks every annotation and sorts the good ones by image.
 *
 * @param found - the instances file
 * @param pictures - the images that are used
 * @param options - `file`: named in skips
 * @returns what each of `pictures` has. A record that does not tell its image is missing from none
 */
export function rowsByPicture(
  { annotations, categories, images }: CocoInstances,
  pictures: readonly { readonly id: string; readonly size: ImageSize }[],
  { file, skips }: { readonly file: string; readonly skips: SkipList },
): PictureAnnotations {
  const places = new Map(pictures.map(({ id }, place) => [idKey(id), place]));
  const seen = new Set<number | string>();
  const leftOut = new Map<number, Set<string | undefined>>();
  const leaveOut = (image: number | string | undefined, category: number | undefined) => {
    const picture = image === undefined ? undefined : places.get(image);
    if (picture === undefined) return;
    const labels = leftOut.get(picture) ?? new Set();
    leftOut.set(picture, labels.add(category === undefined ? undefined : categories.get(category)));
  };
  /** The picture of a row, or what is wrong with it. */
  const place = (row: number): number => {
    const fault = annotations.faultAt(row);
    const id = fault?.id ?? annotations.idAt(row);
    const skip = (...[reason, detail]: [Parameters<SkipList['add']>[2], string]) => {
      skips.add(file, id, reason, detail);
      if (fault) leaveOut(fault.image, fault.category);
      else leaveOut(annotations.imageAt(row), annotations.categoryAt(row));
      return NOWHERE;
    };
    if (fault) return skip(fault.reason, fault.detail);
    const before = seen.size;
    if (seen.add(id).size === before) return skip('duplicate-id', 'an annotation of this id exists');
    const imageId = annotations.imageAt(row);
    const picture = places.get(imageId);
    if (picture === undefined) {
      // An image that was left out takes its regions with it.
      return images.has(imageId) ? NOWHERE : skip('unknown-image', `no image has the id ${imageId}`);
    }
    const { size } = pictures[picture] as { readonly size: ImageSize };
    const category = annotations.categoryAt(row);
    if (!categories.has(category)) return skip('unknown-category', `no category has the id ${category}`);
    const maskFault = annotations.maskFaultAt(row, size);
    if (maskFault !== undefined) return skip('bad-record', `segmentation: ${maskFault}`);
    try {
      boxUnitFromPixels(annotations.boxAt(row), size);
      return picture;
    } catch (error) {
      if (!isFgamError(error) || error.code !== 'data/bad-box') throw error;
      return skip('bad-box', error.message);
    }
  };
  const pictureOf = new Uint32Array(annotations.length);
  for (let row = 0; row < pictureOf.length; row++) pictureOf[row] = place(row);
  const incompleteOf = (picture: number) => incompleteLabels(leftOut.get(picture));
  return { rowsOf: groupRows(pictureOf, pictures.length), incompleteOf };
}

/** Rows by group, in their order (a counting sort). Rows of a group that is not below `count` are left out. */
function groupRows(groupOf: Uint32Array, count: number): (group: number) => Uint32Array {
  const ends = new Uint32Array(count + 1);
  for (const group of groupOf) if (group < count) ends[group + 1] = (ends[group + 1] as number) + 1;
  for (let group = 0; group < count; group++)
    ends[group + 1] = (ends[group + 1] as number) + (ends[group] as number);
  const rows = new Uint32Array(ends[count] as number);
  const next = ends.slice();
  for (let row = 0; row < groupOf.length; row++) {
    const group = groupOf[row] as number;
    if (group >= count) continue;
    rows[next[group] as number] = row;
    next[group] = (next[group] as number) + 1;
  }
  return (group) => rows.subarray(ends[group], ends[group + 1]);
}
