import type { ResampleFilter } from '@fgam/data';

/** Pillow's filters by their numbers. */
const FILTERS: readonly ResampleFilter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** The filter of a processor's `resample`. */
export function pillowFilter(resample: number): ResampleFilter {
  return FILTERS[resample] ?? 'bicubic';
}
