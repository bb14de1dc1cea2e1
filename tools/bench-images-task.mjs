import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cropImage, decodeImage, encodeJpeg, resample } from '../packages/data/dist/index.js';

const sharp = createRequire(new URL('../packages/data/package.json', import.meta.url))('sharp');

/** Photos under way at once: decoding and encoding are done by threads beside the rest. */
const CONCURRENCY = 8;
/** As Pillow writes them: the standard's Huffman tables, colour at half the resolution. */
const JPEG = { quality: 90, optimiseCoding: false };

/** One task of bench-images.mjs in this process: its files are written to `out`. */
export async function runImageTask(task, photos, out) {
  const left = [...photos];
  const work = task === 'regions' ? regions : task === 'whole' ? whole : shrink;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let photo = left.shift(); photo; photo = left.shift())
        for await (const [name, jpeg] of work(photo)) writeFileSync(join(out, `${name}.jpg`), jpeg);
    }),
  );
}

async function* regions({ path, boxes }) {
  const image = await decodeImage(path);
  for (const [name, [x, y, width, height]] of boxes)
    yield [name, await jpeg(squared(cropImage(image, { x, y, width, height }), 224))];
}

async function* whole({ path, name }) {
  yield [name, await jpeg(squared(await decodeImage(path), 336))];
}

async function* shrink({ path, name }) {
  if (process.env.FGAM_TURBOJPEG !== 'off') {
    yield [name, await jpeg(squared(await decodeImage(path), 224))];
    return;
  }
  const small = sharp(readFileSync(path)).resize(224, 224, { fit: 'fill', kernel: 'cubic' });
  yield [name, await small.jpeg(JPEG).toBuffer()];
}

function jpeg(image) {
  return encodeJpeg(image, { quality: 90 });
}

function squared(image, side) {
  return resample(image, { width: side, height: side, filter: 'bicubic' });
}
