import { z } from 'zod';
import { modelsError } from '../error.js';

const side = z.int().positive();
const triple = z.tuple([z.number(), z.number(), z.number()]);

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
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: triple.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: triple.default([0.26862954, 0.26130258, 0.27577711]),
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
  const faults = parsed.success
    ? sizeFaults(parsed.data, imageSize)
    : parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.') || '(root)'}: ${message}`);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw modelsError(
    'models/bad-config',
    `loadPretrained: expected the config of a CLIP or BLIP image processor, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  );
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
