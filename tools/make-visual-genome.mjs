#!/usr/bin/env node
/**
 * Writes a synthetic folder as large as Visual Genome 1.4, in its form: `image_data.json`,
 * `region_descriptions.json`, `objects.json`, `attributes.json`, `relationships.json`; an entry an image,
 * `w, h` beside `width, height`, `id` beside `image_id`, `synsets` as a list or one text, `coco_id` null for
 * half of the images, `merged_object_ids`.
 *
 *     node tools/make-visual-genome.mjs folder [--images 108077] [--regions 5400000] [--objects 3800000] [--attributes 2800000]
 *                                              [--relationships 2300000] [--seed 1] [--shuffle]
 *
 * `--shuffle`: `objects.json` and `relationships.json` have their images in another order than
 * `image_data.json`. Phrases have 2 to 8 words, mean length as in a sample of 5,089 of the
 * official ones (25 characters).
 */
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from './seeded-random.mjs';

const number = (value) => ({ type: 'string', default: String(value) });
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: number(108_077),
    regions: number(5_400_000),
    objects: number(3_800_000),
    attributes: number(2_800_000),
    relationships: number(2_300_000),
    seed: number(1),
    shuffle: { type: 'boolean', default: false },
  },
});
const [folder] = positionals;
const counts = ['images', 'regions', 'objects', 'attributes', 'relationships', 'seed'].map((name) =>
  Number(values[name]),
);
if (folder === undefined || !counts.every((n) => Number.isInteger(n) && n > 0)) {
  console.error(
    'make-visual-genome: expected a folder and whole numbers, got',
    process.argv.slice(2).join(' '),
  );
  process.exit(1);
}
const [images, regions, objects, attributes, relationships, seed] = counts;
mkdirSync(folder, { recursive: true });

const { random, whole } = seededRandom(seed);
const pick = (list) => list[whole(0, list.length - 1)];

const NOUNS =
  'man woman tree shirt building sign window table wall sky grass head hand car plate leaf door chair pole dog'.split(
    ' ',
  );
const WORDS =
  'a the white black on in of with is red blue large small green wooden wearing standing behind near brown two sitting side'.split(
    ' ',
  );
const PREDICATES =
  'on has in of wearing with behind holding near under by above below to_the_left_of to_the_right_of'
    .split(' ')
    .map((name) => name.replaceAll('_', ' '));
const QUALITIES =
  'white black blue green red brown large small wooden tall short young open parked standing'.split(' ');

const sizes = new Uint16Array(images * 2);
const imageId = (i) => (i < 1591 ? i + 1 : 2_315_353 + (i - 1591));
/** The first object of each image; the others follow. */
const firstObject = (i) => Math.floor((i * objects) / images);
const objectId = (n) => 1_000_000 + n;

function inside(i) {
  const [W, H] = [sizes[i * 2], sizes[i * 2 + 1]];
  const [width, height] = [whole(8, W - 1), whole(8, H - 1)];
  return { x: whole(0, W - width), y: whole(0, H - height), width, height };
}
const object = (i, n, more = '') => {
  const { x, y, width, height } = inside(i);
  const noun = NOUNS[n % NOUNS.length];
  return `{"synsets": ["${noun}.n.01"], "h": ${height}, "object_id": ${objectId(n)}, ${more}"names": ["${noun}"], "w": ${width}, "y": ${y}, "x": ${x}}`;
};
/** The share of `total` that falls to image `i`. */
const shareOf = (total, i) => Math.floor(((i + 1) * total) / images) - Math.floor((i * total) / images);
const list = (length, itemOf) => Array.from({ length }, (_, n) => itemOf(n)).join(', ');

async function writeFile(name, order, entryOf) {
  const file = createWriteStream(join(folder, name), { highWaterMark: 1 << 20 });
  let pending = '[';
  for (const [place, i] of order.entries()) {
    pending += `${place > 0 ? ', ' : ''}${entryOf(i)}`;
    if (pending.length < 1 << 20) continue;
    if (!file.write(pending)) await once(file, 'drain');
    pending = '';
  }
  file.end(`${pending}]`);
  await once(file, 'finish');
}

const inOrder = Array.from({ length: images }, (_, i) => i);
const shuffled = [...inOrder];
if (values.shuffle)
  for (let last = images - 1; last > 0; last--) {
    const other = whole(0, last);
    [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
  }

await writeFile('image_data.json', inOrder, (i) => {
  const [width, height] = random() < 0.7 ? [500, whole(300, 500)] : [whole(300, 500), 500];
  sizes.set([width, height], i * 2);
  const id = imageId(i);
  const url = `https://cs.stanford.edu/people/rak248/VG_100K${i % 2 ? '' : '_2'}/${id}.jpg`;
  return `{"width": ${width}, "url": "${url}", "height": ${height}, "image_id": ${id}, "coco_id": ${i % 2 ? whole(1, 581_929) : 'null'}, "flickr_id": ${whole(1e8, 9e9)}}`;
});
let regionId = 0;
await writeFile('region_descriptions.json', inOrder, (i) => {
  const of = list(shareOf(regions, i), () => {
    const { x, y, width, height } = inside(i);
    const phrase = `${Array.from({ length: whole(2, 6) }, () => pick(WORDS)).join(' ')} ${pick(NOUNS)}`;
    return `{"region_id": ${++regionId}, "width": ${width}, "height": ${height}, "image_id": ${imageId(i)}, "phrase": "${phrase}", "y": ${y}, "x": ${x}}`;
  });
  return `{"regions": [${of}], "id": ${imageId(i)}}`;
});
await writeFile('objects.json', shuffled, (i) => {
  const first = firstObject(i);
  const of = list(firstObject(i + 1) - first, (n) =>
    object(i, first + n, `"merged_object_ids": [${n % 10 ? '' : 100_000_000 + first + n}], `),
  );
  return `{"image_id": ${imageId(i)}, "objects": [${of}]}`;
});
await writeFile('attributes.json', inOrder, (i) => {
  const first = firstObject(i);
  const count = firstObject(i + 1) - first;
  let left = shareOf(attributes, i);
  const of = list(count, (n) => {
    const here = n === count - 1 ? left : Math.min(left, whole(0, 2));
    left -= here;
    const said = here > 0 ? `"attributes": [${list(here, () => `"${pick(QUALITIES)}"`)}], ` : '';
    return object(i, first + n, said);
  });
  return `{"image_id": ${imageId(i)}, "attributes": [${of}]}`;
});
let relationshipId = 0;
await writeFile('relationships.json', shuffled, (i) => {
  const first = firstObject(i);
  const count = firstObject(i + 1) - first;
  const of = list(shareOf(relationships, i), () => {
    const subject = whole(0, count - 1);
    const other = count > 1 ? (subject + whole(1, count - 1)) % count : 0;
    const synsets = random() < 0.01 ? `"['along.r.01']"` : '["along.r.01"]';
    return `{"predicate": "${pick(PREDICATES)}", "object": ${object(i, first + other)}, "relationship_id": ${++relationshipId}, "synsets": ${synsets}, "subject": ${object(i, first + subject)}}`;
  });
  return `{"relationships": [${of}], "image_id": ${imageId(i)}}`;
});
