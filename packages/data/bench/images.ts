import sharp from 'sharp';
import type { Benchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { createRandom, cropImage, decodeImage, encodeJpeg, resample } from '../src/index.js';

/** Times what is done to a photo's pixels, on a drawn one of 640 x 480 (`tools/bench-images.mjs` has real ones). */
export async function benchImages(benchmark: Benchmark): Promise<void> {
  const random = createRandom('bench/images');
  const data = Uint8Array.from({ length: 640 * 480 * 3 }, (_, i) => ((i / 1920) % 200) + random.int(0, 40));
  const photo = { data, width: 640, height: 480, channels: 3 } as const;
  const jpeg = await sharp(data, { raw: photo }).jpeg().toBuffer();
  const region = cropImage(photo, { x: 100, y: 100, width: 90, height: 60 });
  await benchmark.time('decodeImage, JPEG of 640 x 480', () => decodeImage(jpeg));
  await benchmark.time('resample, 640 x 480 to 336 x 336', () =>
    resample(photo, { width: 336, height: 336, filter: 'bicubic' }),
  );
  await benchmark.time('resample, 90 x 60 to 224 x 224', () =>
    resample(region, { width: 224, height: 224, filter: 'bicubic' }),
  );
  const square = resample(region, { width: 224, height: 224, filter: 'bicubic' });
  await benchmark.time('encodeJpeg, 224 x 224', () => encodeJpeg(square, { quality: 90 }));
}
