import { decodeImage, FgamError, type PixelImage, resample } from '@fgam/data';
import { type ImageProcessor, shapeKeyOf } from './image-processor.js';
import { normalizedPixels } from './normalized-pixels.js';
import { pillowFilter } from './pillow-filter.js';
import { type PatchSizes, type Qwen2VlSettings, readQwen2VlSettings } from './qwen2-vl-settings.js';
import { smartResize } from './smart-resize.js';

/**
 * Qwen2-VL's image processor: resize to whole squares of patches, rescale, normalise, cut into patches. An
 * image is a film of equal frames, as many as a patch is deep.
 *
 * Follows `Qwen2VLImageProcessorPil` of transformers 5.17.
 *
 * @param json - of `preprocessor_config.json`, or `image_processor` of `processor_config.json`
 * @param tower - sizes that the vision tower reads
 * @returns a processor that makes `patches` [1, R, C, m^2, P] float32: the rows of transformers'
 * `pixel_values`, in the same order, R x C squares of m x m patches
 * @throws FgamError `models/bad-config` that lists every fault
 */
export function createQwen2VlProcessor(json: unknown, tower: PatchSizes): ImageProcessor {
  const settings = readQwen2VlSettings(json, tower);
  const factor = settings.patch_size * settings.merge_size;
  return {
    async prepare(source) {
      let image: PixelImage = await decodeImage(source, { alpha: 'drop' });
      if (settings.do_resize)
        image = resample(image, {
          ...smartResize(image, { ...settings, factor }),
          filter: pillowFilter(settings.resample),
        });
      const { width, height } = image;
      if (width % factor !== 0 || height % factor !== 0) {
        throw new FgamError(
          'data/bad-image',
          `prepare: expected sides that are multiples of ${factor} where do_resize is false, got ${width} x ${height}`,
        );
      }
      const size = 3 * settings.temporal_patch_size * settings.patch_size ** 2;
      const shape = [1, height / factor, width / factor, settings.merge_size ** 2, size];
      return { patches: { shape, dtype: 'float32', data: patchesOf(image, settings) } };
    },
    shapeKey: shapeKeyOf,
  };
}

/** Patches square by square, row by row within a square too: each channel by channel, frame by frame. */
function patchesOf(image: PixelImage, settings: Qwen2VlSettings): Float32Array {
  const { patch_size: side, temporal_patch_size: frames, merge_size: merge } = settings;
  const { width, height } = image;
  const pixels = normalizedPixels(image, settings);
  const data = new Float32Array(pixels.length * frames);
  const square = side * merge;
  let to = 0;
  const addPatch = (top: number, left: number): void => {
    for (let channel = 0; channel < 3; channel++)
      for (let frame = 0; frame < frames; frame++)
        for (let y = top; y < top + side; y++)
          for (let x = left; x < left + side; x++)
            data[to++] = pixels[(y * width + x) * 3 + channel] as number;
  };
  for (let top = 0; top < height; top += square)
    for (let left = 0; left < width; left += square)
      for (let y = 0; y < square; y += side)
        for (let x = 0; x < square; x += side) addPatch(top + y, left + x);
  return data;
}
