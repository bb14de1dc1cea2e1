import {
  decodeImage,
  FgamError,
  type ImageSize,
  maxImagePixels,
  type PixelImage,
  resample,
} from '@fgam/data';
import { type ClipSettings, readClipSettings } from './clip-settings.js';
import { type ImageProcessor, shapeKeyOf } from './image-processor.js';
import { normalizedPixels } from './normalized-pixels.js';
import { pillowFilter } from './pillow-filter.js';

/**
 * CLIP's image processor, with LLaVA's padding: pad to a square, resize, cut the centre, rescale, normalise.
 *
 * Follows `CLIPImageProcessorPil` and `LlavaImageProcessorPil` of transformers 5.17. (Where torchvision is
 * installed, transformers takes its bicubic filter instead, which differs by a level here and there.)
 *
 * @param json - of `preprocessor_config.json`, or `image_processor` of `processor_config.json`
 * @param imageSize - side of the images that the tower reads
 * @returns a processor that makes `pixels` [1, S, S, 3] float32
 * @throws FgamError `models/bad-config` that lists every fault; `prepare`: `data/bad-image` also for an image
 * so thin that, padded or resized, it has more pixels than `limitImagePixels` allows
 */
export function createClipProcessor(json: unknown, imageSize: number): ImageProcessor {
  const settings = readClipSettings(json, imageSize);
  return {
    async prepare(source) {
      let image: PixelImage = await decodeImage(source, { alpha: 'drop' });
      if (settings.do_pad === true) image = padToSquare(image, settings);
      if (settings.do_resize) {
        const size = resizedTo(image, settings);
        refuseHuge('resized', image, size);
        image = resample(image, { ...size, filter: pillowFilter(settings.resample) });
      }
      if (settings.do_center_crop) image = cropCentre(image, settings.crop_size);
      const data = normalizedPixels(image, settings);
      return { pixels: { shape: [1, image.height, image.width, 3], dtype: 'float32', data } };
    },
    shapeKey: shapeKeyOf,
  };
}

/** The new size: the shorter edge as given, the longer one cut to a whole number. */
function resizedTo({ width, height }: ImageSize, { size }: ClipSettings): ImageSize {
  if ('height' in size) return { width: size.width, height: size.height };
  const short = Math.min(width, height);
  const long = Math.trunc((size.shortest_edge * Math.max(width, height)) / short);
  return width <= height
    ? { width: size.shortest_edge, height: long }
    : { width: long, height: size.shortest_edge };
}

/** A file of some bytes, 1 x 60,000, would become gigabytes. */
function refuseHuge(how: string, from: ImageSize, { width, height }: ImageSize): void {
  const most = maxImagePixels();
  if (width * height <= most) return;
  throw new FgamError(
    'data/bad-image',
    `prepare: expected an image of at most ${most} pixels once ${how}, got ${from.width} x ${from.height}, which becomes ${width} x ${height}`,
  );
}

/** The middle of an image; where it is smaller, black around it. */
function cropCentre(
  image: PixelImage,
  { width, height }: { readonly width: number; readonly height: number },
) {
  const place = (size: number, cut: number) =>
    size >= cut ? Math.floor((size - cut) / 2) : -Math.ceil((cut - size) / 2);
  return cut(
    image,
    { left: place(image.width, width), top: place(image.height, height), width, height },
    [0, 0, 0],
  );
}

/** A square around the image, in the colour of the mean. */
function padToSquare(image: PixelImage, { image_mean: mean }: ClipSettings): PixelImage {
  const side = Math.max(image.width, image.height);
  refuseHuge('padded to a square', image, { width: side, height: side });
  const left = -Math.floor((side - image.width) / 2);
  const top = -Math.floor((side - image.height) / 2);
  return cut(
    image,
    { left, top, width: side, height: side },
    mean.map((x) => Math.trunc(x * 255)),
  );
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What a frame shows; beyond the image a colour. */
function cut(image: PixelImage, { left, top, width, height }: Frame, colour: readonly number[]): PixelImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3] ?? 0;
  const [from, to] = [Math.max(0, left), Math.min(image.width, left + width)];
  for (let y = Math.max(0, -top); y < height && y + top < image.height; y++) {
    const row = (y + top) * image.width;
    data.set(image.data.subarray((row + from) * 3, (row + to) * 3), (y * width + from - left) * 3);
  }
  return { data, width, height, channels: 3 };
}
