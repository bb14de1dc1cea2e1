import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { FgamError } from './error.js';
import { loadPixels } from './pixels.js';

/** An encoded image and the extension of its format. */
export interface ShardImage {
  readonly bytes: Uint8Array;
  readonly extension: string;
}

const KEPT: Readonly<Record<string, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp' };

/**
 * The image file as a shard holds it: unchanged, after decoding it once; with `size`, stretched to `size` x `size` (PNG stays
 * PNG, all else becomes JPEG of quality 92).
 *
 * @throws FgamError `data/missing-file` or `data/bad-image`
 */
export async function shardImage(path: string, size: number | undefined): Promise<ShardImage> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new FgamError('data/missing-file', `shardImage: expected an image at ${path}, got: ${said}`, { cause: error });
  }
  const pixels = await loadPixels(bytes, size ?? 8);
  const { format } = await sharp(bytes).metadata();
  const kept = KEPT[format];
  if (size === undefined && kept !== undefined) return { bytes, extension: kept };
  const image =
    size === undefined ? sharp(bytes).autoOrient() : sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
  return format === 'png'
    ? { bytes: await image.png().toBuffer(), extension: 'png' }
    : { bytes: await image.flatten({ background: '#ffffff' }).jpeg({ quality: 92 }).toBuffer(), extension: 'jpg' };
}
