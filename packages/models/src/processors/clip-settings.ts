import { z } from 'zod';
import { badConfig, schemaFaults } from '../bad-config.js';
import { pixelScaleShape } from './normalized-pixels.js';

const side = z.int().positive();

/** Defaults are those of transformers' `CLIPImageProcessor`. */
const schema = z.object({
  do_resize: z.boolean().default(true),
  size: z
    .union([
      side.transform((edge) => ({ shortest_edge: edge })),
      z.object({ shortest_edge: side }),
      z.object({ height: side, width: side }),
    ])
    .default({ shortest_edge: 224 }),
  resample: z.int().min(0).max(5).default(3),
  do_center_crop: z.boolean().default(true),
  crop_size: z
    .union([
      side.transform((edge) => ({ height: edge, width: edge })),
      z.object({ height: side, width: side }),
    ])
    .default({ height: 224, width: 224 }),
  ...pixelScaleShape,
  /** LLaVA's own code: a square around the image in the colour of the mean, before resizing. */
  do_pad: z.boolean().nullish(),
});

/** What CLIP's image processor does to an image. */
export type ClipSettings = z.output<typeof schema>;

/**
 * Reads the config of CLIP's or LLaVA's image processor.
 *
 * @param imageSize - side of the images that the tower reads
 * @throws FgamError `models/bad-config` that lists every fault
 */
export function readClipSettings(json: unknown, imageSize: number): ClipSettings {
  const parsed = schema.safeParse(json);
  const faults = parsed.success ? sizeFaults(parsed.data, imageSize) : schemaFaults(parsed.error);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw badConfig('loadPretrained: expected the config of a CLIP or BLIP image processor', faults);
}

function sizeFaults(settings: ClipSettings, imageSize: number): string[] {
  const { do_center_crop: crops, crop_size: crop, do_resize: resizes, size } = settings;
  const result = crops ? crop : resizes && 'height' in size ? size : undefined;
  if (result === undefined)
    return [`expected images cut or resized to ${imageSize} x ${imageSize}, they keep their own shape`];
  const { width, height } = result;
  return width === imageSize && height === imageSize
    ? []
    : [
        `expected images of ${imageSize} x ${imageSize} as vision_config.image_size says, got ${width} x ${height}`,
      ];
}
