import { createClipProcessor } from './clip-processor.js';
import type { ImageProcessor } from './image-processor.js';

/**
 * BLIP's image processor: resize to a square whatever the shape, rescale, normalise. What CLIP's does without cutting.
 *
 * Follows `BlipImageProcessorPil` of transformers 5.17.
 *
 * @param json - of `preprocessor_config.json`, or `image_processor` of `processor_config.json`
 * @param imageSize - side of the images that the tower reads
 * @returns a processor that makes `pixels` [1, S, S, 3] float32
 * @throws FgamError `models/bad-config` that lists every fault
 */
export function createBlipProcessor(json: unknown, imageSize: number): ImageProcessor {
  const given: object = typeof json === 'object' && json !== null ? json : {};
  const { size = 384 } = given as { readonly size?: unknown };
  const square = typeof size === 'number' ? { height: size, width: size } : size;
  return createClipProcessor({ ...given, size: square, do_center_crop: false, do_pad: null }, imageSize);
}
