import { z } from 'zod';
import { badConfig, schemaFaults } from '../bad-config.js';
import { pixelScaleShape } from './normalized-pixels.js';

const count = z.int().positive();
const edges = z.object({ shortest_edge: count.nullish(), longest_edge: count.nullish() });

/** Defaults are those of transformers' `Qwen2VLImageProcessor`; edges are areas in pixels. */
const schema = z.object({
  do_resize: z.boolean().default(true),
  size: edges.nullish(),
  min_pixels: count.nullish(),
  max_pixels: count.nullish(),
  resample: z.int().min(0).max(5).default(3),
  ...pixelScaleShape,
  patch_size: count.default(14),
  temporal_patch_size: count.default(2),
  merge_size: count.default(2),
});

/** What Qwen2-VL's image processor does to an image. */
export type Qwen2VlSettings = Omit<z.output<typeof schema>, 'size' | 'min_pixels' | 'max_pixels'> & {
  readonly minPixels: number;
  readonly maxPixels: number;
};

/** Sizes of patches, of which processor and tower must think alike. */
export interface PatchSizes {
  readonly patch_size: number;
  readonly temporal_patch_size: number;
  readonly spatial_merge_size: number;
}

/**
 * Reads the config of Qwen2-VL's image processor: `min_pixels` and `max_pixels` (transformers 4), else
 * `size.shortest_edge` and `size.longest_edge` (5).
 *
 * @param tower - sizes that the vision tower reads
 * @throws FgamError `models/bad-config` that lists every fault
 */
export function readQwen2VlSettings(json: unknown, tower: PatchSizes): Qwen2VlSettings {
  const parsed = schema.safeParse(json);
  const faults = parsed.success ? [] : schemaFaults(parsed.error);
  if (parsed.success) {
    const { size, min_pixels: least, max_pixels: most, ...rest } = parsed.data;
    const standard =
      size === undefined || size === null ? { shortest: 56 * 56, longest: 28 * 28 * 1280 } : {};
    const minPixels = least ?? size?.shortest_edge ?? standard.shortest;
    const maxPixels = most ?? size?.longest_edge ?? standard.longest;
    if (minPixels === undefined) faults.push('size: expected shortest_edge or min_pixels, got neither');
    if (maxPixels === undefined) faults.push('size: expected longest_edge or max_pixels, got neither');
    const sizes = { ...rest, spatial_merge_size: rest.merge_size };
    for (const key of ['patch_size', 'temporal_patch_size', 'spatial_merge_size'] as const) {
      if (sizes[key] === tower[key]) continue;
      const name = key === 'spatial_merge_size' ? 'merge_size' : key;
      faults.push(`${name}: expected ${tower[key]} as vision_config.${key} says, got ${sizes[key]}`);
    }
    if (minPixels !== undefined && maxPixels !== undefined) {
      if (minPixels > maxPixels)
        faults.push(`expected at least ${minPixels} pixels to be no more than at most ${maxPixels}`);
      if (faults.length === 0) return { ...rest, minPixels, maxPixels };
    }
  }
  throw badConfig('loadPretrained: expected the config of a Qwen2-VL image processor', faults);
}
