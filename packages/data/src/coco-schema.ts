import { z } from 'zod';

const id = z.union([z.int(), z.string().min(1)]);

/** The parts of an instances file; its records are checked one by one. */
export const cocoInstancesFile = z.object({
  images: z.array(z.unknown()),
  annotations: z.array(z.unknown()),
  categories: z.array(z.unknown()),
});

/** The parts of a captions file. */
export const cocoCaptionsFile = z.object({ annotations: z.array(z.unknown()) });

/** An entry of `images`. */
export const cocoImage = z.object({
  id,
  file_name: z.string().min(1),
  width: z.number().positive(),
  height: z.number().positive(),
});

/** An entry of `categories`. */
export const cocoCategory = z.object({ id: z.int(), name: z.string().min(1) });

/** `segmentation` of an annotation: polygons in pixels, or run lengths (`counts` packed or not). */
export type CocoSegmentation =
  | readonly (readonly number[])[]
  | { readonly size: readonly [number, number]; readonly counts: readonly number[] | string };

const cocoRuns = z.object({
  size: z.tuple([z.int().positive(), z.int().positive()]),
  counts: z.union([z.array(z.int().nonnegative()), z.string()]),
});

/** Polygons are looked at without zod, which takes ten times as long for the 35 million numbers of a full file. */
function isSegmentation(value: unknown): boolean {
  if (!Array.isArray(value)) return cocoRuns.safeParse(value).success;
  return value.every(isNumberList);
}

/** As `Array.isArray(value) && value.every(Number.isFinite)`, in a tenth of its time. */
function isNumberList(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const list: readonly unknown[] = value;
  for (let index = 0; index < list.length; index++) {
    const number = list[index];
    if (typeof number !== 'number' || number - number !== 0) return false;
  }
  return true;
}

/** An entry of `annotations` of an instances file. */
export const cocoAnnotation = z.object({
  id,
  image_id: id,
  category_id: z.int(),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  iscrowd: z.union([z.literal(0), z.literal(1)]).default(0),
  segmentation: z.custom<CocoSegmentation>(isSegmentation).optional(),
});

/** What a broken entry of `annotations` still tells: its image, and its category where that is well. */
export const cocoAnnotationPlace = z.object({
  image_id: id,
  category_id: z.int().optional().catch(undefined),
});

/** An entry of `annotations` of a captions file. */
export const cocoCaption = z.object({ id, image_id: id, caption: z.string() });

/** An annotation as most are: what `cocoAnnotation` would accept without a change, found out in a tenth of its time. */
export function isPlainAnnotation(raw: unknown): raw is z.infer<typeof cocoAnnotation> {
  if (typeof raw !== 'object' || raw === null) return false;
  const { id, image_id, category_id, bbox, iscrowd, segmentation } = raw as Record<string, unknown>;
  return (
    Number.isSafeInteger(id) &&
    Number.isSafeInteger(image_id) &&
    Number.isSafeInteger(category_id) &&
    (iscrowd === 0 || iscrowd === 1) &&
    isNumberList(bbox) &&
    (bbox as readonly number[]).length === 4 &&
    (segmentation === undefined || isSegmentation(segmentation))
  );
}

/** An image as most are: as `isPlainAnnotation`. */
export function isPlainImage(raw: unknown): raw is z.infer<typeof cocoImage> {
  if (typeof raw !== 'object' || raw === null) return false;
  const { id, file_name, width, height } = raw as Record<string, unknown>;
  const isSide = (side: unknown) => typeof side === 'number' && Number.isFinite(side) && side > 0;
  return (
    Number.isSafeInteger(id) &&
    typeof file_name === 'string' &&
    file_name !== '' &&
    isSide(width) &&
    isSide(height)
  );
}
