import { parseRecord } from './parse-record.js';
import { PictureRows } from './picture-rows.js';
import {
  NUMBERS_A_BOX,
  boxIdsOf,
  isBoxInside,
  isText,
  readVisualGenomeEntries,
  type VisualGenomeContext,
} from './visual-genome-entries.js';
import { sizeOf, vgAttributesOf, vgObject, vgObjectsOf } from './visual-genome-schema.js';

/** The objects of all pictures. */
export interface VisualGenomeObjects {
  /** Rows of id, x, y, width, height in pixels; the text is the first name. */
  readonly rows: PictureRows;
  /** Rows of a picture by object id, those that were merged into another object too. */
  readonly rowsById: (picture: number) => ReadonlyMap<number, number>;
  /** Names of objects that were left out of a picture, undefined where a record has none. */
  readonly leftOut: ReadonlyMap<number, ReadonlySet<string | undefined>>;
}

/** Reads `objects.json`. */
export async function readVisualGenomeObjects(
  file: string,
  context: VisualGenomeContext,
): Promise<VisualGenomeObjects> {
  const { skips, images } = context;
  const rows = new PictureRows(images.pictures.length);
  /** Rows of an id and the object's row that it was merged into. */
  const merged = new PictureRows(images.pictures.length);
  const leftOut = new Map<number, Set<string | undefined>>();
  for await (const { place, picture, content } of readVisualGenomeEntries(file, vgObjectsOf, context)) {
    const numbers: number[] = [];
    const texts: string[] = [];
    const aliases: number[] = [];
    const former = rows.of(place).numbers;
    const placed = new Set(boxIdsOf(former));
    const leaveOut = (name: string | undefined) =>
      leftOut.set(place, (leftOut.get(place) ?? new Set()).add(name));
    for (const raw of content.objects) {
      const object = parseRecord(vgObject, raw, { file, what: 'object', skips });
      if (!object) {
        leaveOut(undefined);
        continue;
      }
      const { object_id: id, x, y } = object;
      const name = object.names[0] ?? object.name ?? '';
      const { width, height } = sizeOf(object);
      if (placed.has(id)) {
        skips.add(file, id, 'duplicate-id', 'the image has an object of this id');
        leaveOut(name.trim());
      } else if (!isText(name, 'name', skips, { file, id })) leaveOut(undefined);
      else if (!isBoxInside({ x, y, width, height }, picture, context, { file, id })) leaveOut(name.trim());
      else {
        const row = (former.length + numbers.length) / NUMBERS_A_BOX;
        for (const alias of object.merged_object_ids ?? []) aliases.push(alias, row);
        numbers.push(id, x, y, width, height);
        texts.push(name.trim());
        placed.add(id);
      }
    }
    rows.append(place, { numbers, texts });
    merged.append(place, { numbers: aliases, texts: [] });
  }
  const rowsById = (picture: number) => {
    const byId = new Map<number, number>();
    const aliases = merged.of(picture).numbers;
    for (let at = 0; at < aliases.length; at += 2) byId.set(aliases[at] as number, aliases[at + 1] as number);
    for (const [row, id] of boxIdsOf(rows.of(picture).numbers).entries()) byId.set(id, row);
    return byId;
  };
  return { rows, rowsById, leftOut };
}

/** Reads `attributes.json`: rows of the object's row; the text is one attribute of it. */
export async function readVisualGenomeAttributes(
  file: string,
  objects: VisualGenomeObjects,
  context: VisualGenomeContext,
): Promise<PictureRows> {
  const { skips, images } = context;
  const rows = new PictureRows(images.pictures.length);
  for await (const { place, content } of readVisualGenomeEntries(file, vgAttributesOf, context)) {
    const numbers: number[] = [];
    const texts: string[] = [];
    const rowOf = objects.rowsById(place);
    for (const raw of content.attributes) {
      const object = parseRecord(vgObject, raw, { file, what: 'object', skips });
      if (!object?.attributes || object.attributes.length === 0) continue;
      const id = object.object_id;
      const row = rowOf.get(id);
      if (row === undefined) {
        skips.add(file, id, 'unknown-object', 'the image has no usable object of this id');
        continue;
      }
      for (const attribute of object.attributes) {
        if (!isText(attribute, 'attribute', skips, { file, id })) continue;
        numbers.push(row);
        texts.push(attribute.trim().toLowerCase());
      }
    }
    rows.append(place, { numbers, texts });
  }
  return rows;
}
