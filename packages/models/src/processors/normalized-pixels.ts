import type { PixelImage } from '@fgam/data';
import { z } from 'zod';

const triple = z.tuple([z.number(), z.number(), z.number()]);

/**
 * How pixels become numbers, by the names of transformers' image processors, with CLIP's defaults,
 * which are Qwen2-VL's too.
 */
export const pixelScaleShape = {
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: triple.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: triple.default([0.26862954, 0.26130258, 0.27577711]),
};

type PixelScale = z.output<z.ZodObject<typeof pixelScaleShape>>;

/** An RGB image's values, rescaled and normalised as transformers does it: pixel by pixel, [H, W, 3]. */
export function normalizedPixels({ data }: PixelImage, scale: PixelScale): Float32Array {
  const { do_rescale: rescales, rescale_factor: factor, do_normalize: normalizes } = scale;
  const { image_mean: mean, image_std: std } = scale;
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const scaled = Math.fround((data[i] as number) * (rescales ? factor : 1));
    const channel = i % 3;
    values[i] = normalizes ? (scaled - (mean[channel] as number)) / (std[channel] as number) : scaled;
  }
  return values;
}
