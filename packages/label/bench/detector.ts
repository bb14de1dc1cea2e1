import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Detection, readCoco, readJson } from '@fgam/data';
import { z } from 'zod';
import { createCenterNet, COCO_NAMES } from '../src/detector/centernet.test-support.js';
import { randomScoredImages, toCoco } from '../src/detector/coco-average-precision.test-support.js';
import { cocoAveragePrecision } from '../src/detector/coco-average-precision.js';
import { toScoredImage } from '../src/detector/coco-truths.test-support.js';
import { patchImage, TINY_FOLDER } from '../src/detector/detector.test-support.js';
import { createGroundingDino } from '../src/detector/grounding-dino.js';
import { prepareImage } from '../src/detector/prepare-image.js';
import { resizedSize } from '../src/detector/resized-size.js';
import type { Figure } from './figure.js';

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
/** File for the detections in COCO's result format, for `score-coco.py`. */
const results = process.argv
  .find((argument) => argument.startsWith('--results='))
  ?.slice('--results='.length);

/** Folder for random boxes as COCO's files, for `score-coco.py`: what the evaluator's test has pycocotools' numbers of. */
const random = process.argv.find((argument) => argument.startsWith('--random='))?.slice('--random='.length);

const figures: Figure[] = [];
const add = (name: string, value: number, unit: string) =>
  figures.push({ name, value: Number(value.toPrecision(3)), unit });

async function medianOf(times: number, work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work();
    durations.push(performance.now() - start);
  }
  return durations.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
}

async function benchGrounding(): Promise<void> {
  const image = await patchImage(640, 480, [{ colour: '#ff0000', at: [160, 120, 160, 120] }]);
  const sizeOf = (size: { width: number; height: number }) =>
    resizedSize(size, { shortestEdge: 800, longestEdge: 1333 });
  const scale = { rescaleFactor: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  add(
    'an image of 640 x 480 to [3, 800, 1066]',
    await medianOf(15, () => prepareImage(image, { sizeOf, scale, maxPixels: 1e8 })),
    'ms',
  );
  const detector = await createGroundingDino({ folder: TINY_FOLDER });
  const request = { image: await patchImage(64, 32, []), phrases: ['red', 'green', 'blue', 'cat'] };
  add(
    'detect without the model: 64 x 32, the tiny one',
    await medianOf(50, () => detector.detect([request])),
    'ms',
  );
  await detector.release();
}

async function benchCenterNet(): Promise<void> {
  const instances = join(coco, 'annotations', 'instances_train2017.json');
  const { samples } = await readCoco({ instances, images: join(coco, 'train2017'), check: 'header' });
  const detector = await createCenterNet();
  const found: (readonly Detection[])[] = [];
  const times: number[] = [];
  for (const { image } of samples) {
    const start = performance.now();
    const [detections = []] = await detector.detect([{ image, phrases: COCO_NAMES }]);
    times.push(performance.now() - start);
    found.push(detections);
  }
  const { ap, ap50, ap75, recall } = cocoAveragePrecision(
    samples.map((sample, i) => toScoredImage(sample, found[i] ?? [])),
  );
  for (const [name, value] of Object.entries({ AP: ap, AP50: ap50, AP75: ap75, AR100: recall }))
    add(`CenterNet, ${samples.length} photos of COCO: ${name}`, 100 * value, '%');
  add('CenterNet, a photo', times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0, 'ms');
  if (results === undefined) return;
  const { categories } = z
    .object({ categories: z.array(z.object({ id: z.int(), name: z.string() })) })
    .parse(await readJson(instances));
  const ids = new Map(categories.map(({ id, name }) => [name, id]));
  const lines = samples.flatMap(({ id, width, height }, i) =>
    (found[i] ?? []).map(({ box: { x0, y0, x1, y1 }, label, score }) => ({
      image_id: Number(id),
      category_id: ids.get(label),
      bbox: [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height],
      score,
    })),
  );
  await writeFile(results, JSON.stringify(lines));
}

async function writeRandomBoxes(folder: string): Promise<void> {
  for (const [seed, count] of [
    [1, 40],
    [2, 200],
  ] as const) {
    const { truth, results: detections } = toCoco(randomScoredImages(seed, count));
    await writeFile(join(folder, `truth-${seed}.json`), JSON.stringify(truth));
    await writeFile(join(folder, `results-${seed}.json`), JSON.stringify(detections));
  }
}

/** The detector around its model, and a real detector's average precision where COCO's photos are. */
export async function benchDetector(): Promise<Figure[]> {
  if (random !== undefined) await writeRandomBoxes(random);
  await benchGrounding();
  if (existsSync(coco)) await benchCenterNet();
  else console.error(`no COCO photos at ${coco}: CenterNet is not measured`);
  return figures;
}
