import sharp from 'sharp';
import { readImageBytes } from './image-bytes.js';
import { maxImagePixels } from './image-limit.js';
import { loadPixels } from './pixels.js';

/** An encoded image and the extension of its format. */
export interface ShardImage {
  readonly bytes: Uint8Array;
  readonly extension: string;
}

/** What decodes and encodes the images of shards here (libturbojpeg never does): others may give other bytes. */
export const SHARD_ENCODER = `sharp ${sharp.versions.sharp ?? '?'}, libvips ${sharp.versions.vips}`;

const FORMATS = [
  { extension: 'jpg', start: [0xff, 0xd8, 0xff] },
  { extension: 'png', start: [0x89, 0x50, 0x4e, 0x47] },
] as const;

/** The format by the file's first bytes; undefined for those that shards do not hold. */
function formatOf(bytes: Uint8Array): 'jpg' | 'png' | undefined {
  return FORMATS.find(({ start }) => start.every((byte, i) => bytes[i] === byte))?.extension;
}

/**
 * The image file as a shard holds it: a JPEG or PNG unchanged, after decoding it once; with `size`, stretched
 * to `size` x `size` (PNG stays PNG). Other formats become JPEG of quality 92.
 *
 * @throws FgamError `data/missing-file` or `data/bad-image`
 */
export async function shardImage(path: string, size: number | undefined): Promise<ShardImage> {
  const bytes = await readImageBytes('shardImage', path);
  const pixels = await loadPixels(bytes, size ?? 8);
  const format = formatOf(bytes);
  if (size === undefined && format !== undefined) return { bytes, extension: format };
  const image =
    size === undefined
      ? sharp(bytes, { limitInputPixels: maxImagePixels() }).autoOrient()
      : sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
  return format === 'png'
    ? { bytes: await image.png().toBuffer(), extension: 'png' }
    : {
        bytes: await image.flatten({ background: '#ffffff' }).jpeg({ quality: 92 }).toBuffer(),
        extension: 'jpg',
      };
}
