import type { PixelImage } from './pixel-image.js';
import type { ImageSize } from './records.js';

/** Takes for each new pixel the one under its centre; positions are summed step by step, as Pillow does it. */
export function resampleNearest(
  image: PixelImage,
  { width, height }: ImageSize,
  [left, top, right, bottom]: readonly [number, number, number, number],
): PixelImage {
  const { channels, data: source } = image;
  const columns = positions(left, right, width);
  const rows = positions(top, bottom, height);
  const data = new Uint8Array(width * height * channels);
  let to = 0;
  for (const row of rows) {
    const start = row * image.width * channels;
    for (const column of columns)
      for (let channel = 0, at = start + column * channels; channel < channels; channel++)
        data[to++] = source[at++] as number;
  }
  return { data, width, height, channels };
}

function positions(from: number, to: number, side: number): Int32Array {
  const step = Math.fround(to - from) / side;
  let at = from + step * 0.5;
  return Int32Array.from({ length: side }, () => {
    const position = Math.trunc(at);
    at += step;
    return position;
  });
}
