#!/usr/bin/env node
/**
 * Writes a synthetic instances file as large as COCO's `instances_train2017.json`, in its form:
 * key order, spaces, gaps in category ids, annotations in no order of images, polygons of two
 * decimals, crowds as run lengths.
 *
 *     node tools/make-coco-instances.mjs out.json [--images 118287] [--instances 860000] [--seed 1]
 *
 * Lengths follow the 739 instances of a sample of train2017: numbers in a polygon are log-normal, median 25; one
 * instance in 12 has a second polygon; 1.2 % are crowds of about 1,250 runs.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { seededRandom } from './seeded-random.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '118287' },
    instances: { type: 'string', default: '860000' },
    seed: { type: 'string', default: '1' },
  },
});
const [path] = positionals;
const [images, instances, seed] = [values.images, values.instances, values.seed].map(Number);
if (path === undefined || ![images, instances, seed].every((n) => Number.isInteger(n) && n > 0)) {
  console.error(
    'make-coco-instances: expected a path and whole numbers, got',
    process.argv.slice(2).join(' '),
  );
  process.exit(1);
}

/** COCO's 80 ids: 1 to 90 without these ten. */
const GAPS = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);
const categoryIds = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !GAPS.has(id));

const { random, whole } = seededRandom(seed);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** As Python writes a float: a whole one with `.0`. */
const decimal = (value, digits = 2) => {
  const rounded = Number(value.toFixed(digits));
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
};

const file = createWriteStream(path, { highWaterMark: 1 << 20 });
let pending = '';
async function write(text) {
  pending += text;
  if (pending.length < 1 << 20) return;
  if (!file.write(pending)) await once(file, 'drain');
  pending = '';
}
async function writeList(key, count, itemOf) {
  await write(`, "${key}": [`);
  for (let i = 0; i < count; i++) await write(`${i > 0 ? ', ' : ''}${itemOf(i)}`);
  await write(']');
}

await write(
  '{"info": {"description": "synthetic, in the form of COCO 2017", "version": "1.0", "year": 2017}',
);
await write(
  ', "licenses": [{"url": "http://creativecommons.org/licenses/by/2.0/", "id": 4, "name": "Attribution"}]',
);

const sizes = new Uint16Array(images * 2);
const imageId = (i) => 9 + i * 4 + (i % 3);
await writeList('images', images, (i) => {
  const [width, height] = random() < 0.7 ? [640, whole(360, 512)] : [whole(360, 512), 640];
  sizes.set([width, height], i * 2);
  const name = `${String(imageId(i)).padStart(12, '0')}.jpg`;
  const flickr = `http://farm4.staticflickr.com/3448/${whole(1e9, 9e9)}_${whole(1e9, 9e9).toString(16)}_z.jpg`;
  return (
    `{"license": 4, "file_name": "${name}", "coco_url": "http://images.cocodataset.org/train2017/${name}", ` +
    `"height": ${height}, "width": ${width}, "date_captured": "2013-11-21 01:37:46", "flickr_url": "${flickr}", "id": ${imageId(i)}}`
  );
});

function polygonOf({ x, y, width, height }) {
  const points = Math.max(3, Math.min(300, Math.round(12.6 * Math.exp(0.78 * normal()))));
  return Array.from({ length: points }, (_, k) => {
    const angle = (2 * Math.PI * k) / points;
    const radius = 0.5 - 0.2 * random();
    const at = [x + width * (0.5 + radius * Math.cos(angle)), y + height * (0.5 + radius * Math.sin(angle))];
    return at.map((value) => decimal(value)).join(', ');
  }).join(', ');
}

function runsOf(width, height) {
  const counts = [];
  for (let left = width * height; left > 0; left -= counts.at(-1)) {
    counts.push(Math.min(left, 1 + Math.floor(-Math.log(1 - random()) * (width * height) * 0.0008)));
  }
  return `{"counts": [${counts.join(', ')}], "size": [${height}, ${width}]}`;
}

await writeList('annotations', instances, (i) => {
  const image = whole(0, images - 1);
  const [W, H] = [sizes[image * 2], sizes[image * 2 + 1]];
  const width = Math.max(8, W * random() ** 2);
  const height = Math.max(8, H * random() ** 2);
  const box = { x: (W - width) * random(), y: (H - height) * random(), width, height };
  const crowd = random() < 0.012;
  const polygons = crowd || random() > 1 / 12 ? 1 : 2;
  const segmentation = crowd
    ? runsOf(W, H)
    : `[${Array.from({ length: polygons }, () => `[${polygonOf(box)}]`).join(', ')}]`;
  const bbox = [Math.floor(box.x * 100) / 100, Math.floor(box.y * 100) / 100, width, height].map((v) =>
    decimal(v),
  );
  const id = crowd ? 900100000000 + i : 100000 + i * 2;
  return (
    `{"segmentation": ${segmentation}, "area": ${decimal(width * height * 0.6, 4)}, "iscrowd": ${Number(crowd)}, ` +
    `"image_id": ${imageId(image)}, "bbox": [${bbox.join(', ')}], ` +
    `"category_id": ${categoryIds[whole(0, 79)]}, "id": ${id}}`
  );
});

await writeList('categories', categoryIds.length, (i) => {
  return `{"supercategory": "group ${i % 12}", "id": ${categoryIds[i]}, "name": "thing ${i}"}`;
});
file.end(`${pending}}`);
await once(file, 'finish');
