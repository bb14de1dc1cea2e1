import type { PixelImage } from '@fgam/data';

/** How pixels become numbers, by the names of transformers' image processors. */
export interface PixelScale {
  readonly do_rescale: boolean;
  readonly rescale_factor: number;
  readonly do_normalize: boolean;
  readonly image_mean: readonly [number, number, number];
  readonly image_std: readonly [number, number, number];
}

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
