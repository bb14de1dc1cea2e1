import { z } from 'zod';

const imageKey = { image_id: z.int().optional(), id: z.int().optional() };

/** One image's key: files name it `image_id` or `id`. */
export function imageIdOf(record: {
  readonly image_id?: number | undefined;
  readonly id?: number | undefined;
}): number | undefined {
  return record.image_id ?? record.id;
}

const names = z.array(z.string()).default([]);

/** Objects have `w, h`, regions `width, height`, and some files the other spelling: both are read. */
const box = {
  x: z.number(),
  y: z.number(),
  w: z.number().optional(),
  h: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
};

/** Usually a list, in places one text (`"['in.r.01']"`, `"cow.n.01"`). */
const synsets = z.union([z.array(z.string()), z.string()]).optional();

/** An entry of `image_data.json`. */
export const vgImage = z.object({
  ...imageKey,
  url: z.string().optional(),
  width: z.number().positive(),
  height: z.number().positive(),
  coco_id: z.int().nullish(),
});

/** An object, as `objects.json`, `attributes.json` and the two ends of a relationship hold it. */
export const vgObject = z.object({
  object_id: z.int(),
  /** Ids under which the same object is known besides. */
  merged_object_ids: z.array(z.int()).nullish(),
  ...box,
  names,
  name: z.string().optional(),
  synsets,
  attributes: z.array(z.string()).nullish(),
});

/** A region with its phrase. */
export const vgRegion = z.object({
  region_id: z.int().optional(),
  id: z.int().optional(),
  ...box,
  phrase: z.string(),
});

/** A relationship between two objects. */
export const vgRelationship = z.object({
  relationship_id: z.int(),
  predicate: z.string(),
  synsets,
  subject: z.object({ object_id: z.int() }),
  object: z.object({ object_id: z.int() }),
});

/** One image's entry in `objects.json`. */
export const vgObjectsOf = z.object({ ...imageKey, objects: z.array(z.unknown()) });
/** One image's entry in `attributes.json`. */
export const vgAttributesOf = z.object({ ...imageKey, attributes: z.array(z.unknown()) });
/** One image's entry in `relationships.json`. */
export const vgRelationshipsOf = z.object({ ...imageKey, relationships: z.array(z.unknown()) });
/** One image's entry in `region_descriptions.json`. */
export const vgRegionsOf = z.object({ ...imageKey, regions: z.array(z.unknown()) });

/** Width and height in whichever spelling; NaN where both are missing, which no box check lets pass. */
export function sizeOf(record: {
  readonly w?: number | undefined;
  readonly h?: number | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}): { readonly width: number; readonly height: number } {
  return {
    width: record.w ?? record.width ?? Number.NaN,
    height: record.h ?? record.height ?? Number.NaN,
  };
}
