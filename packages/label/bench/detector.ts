import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Detection, readCoco, readJson } from '@fgam/data';
import { z } from 'zod';
import type { Benchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { startTimes, type Times } from '../../../tools/bench-packages/times.js';
import { createCenterNet, COCO_NAMES } from '../src/detector/centernet.test-support.js';
import { randomScoredImages, toCoco } from '../src/detector/coco-average-precision.test-support.js';
import { cocoAveragePrecision } from '../src/detector/coco-average-precision.js';
import { toScoredImage } from '../src/detector/coco-truths.test-support.js';
import { patchImage, TINY_FOLDER } from '../src/detector/detector.test-support.js';
import { createGroundingDino } from '../src/detector/grounding-dino.js';
import { prepareImage } from '../src/detector/prepare-image.js';
import { resizedSize } from '../src/detector/resized-size.js';

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
async function benchGrounding(benchmark: Benchmark): Promise<void> {
  const image = await patchImage(640, 480, [{ colour: '#ff0000', at: [160, 120, 160, 120] }]);
  const sizeOf = (size: { width: number; height: number }) =>
    resizedSize(size, { shortestEdge: 800, longestEdge: 1333 });
  const scale = { rescaleFactor: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  await benchmark.time('an image of 640 x 480 to [3, 800, 1066]', () =>
    prepareImage(image, { sizeOf, scale, maxPixels: 1e8 }),
  );
  const detector = await createGroundingDino({ folder: TINY_FOLDER });
  const request = { image: await patchImage(64, 32, []), phrases: ['red', 'green', 'blue', 'cat'] };
  await benchmark.time('detect without the model: 64 x 32, the tiny one', () => detector.detect([request]));
  await detector.release();
}

/** @param results - file for the detections in COCO's result format, for `score-coco.py` */
async function benchCenterNet(benchmark: Benchmark, results: string | undefined): Promise<void> {
  const instances = join(coco, 'annotations', 'instances_train2017.json');
  const all = await readCoco({ instances, images: join(coco, 'train2017'), check: 'header' });
  const samples = benchmark.isQuick ? all.samples.slice(0, 8) : all.samples;
  const detector = await createCenterNet();
  const found: (readonly Detection[])[] = [];
  const times: Times[] = [];
  for (const { image } of samples) {
    const read = startTimes();
    const [detections = []] = await detector.detect([{ image, phrases: COCO_NAMES }]);
    times.push(read());
    found.push(detections);
  }
  const { ap, ap50, ap75, recall } = cocoAveragePrecision(
    samples.map((sample, i) => toScoredImage(sample, found[i] ?? [])),
  );
  for (const [name, value] of Object.entries({ AP: ap, AP50: ap50, AP75: ap75, AR100: recall }))
    benchmark.add(`CenterNet, ${samples.length} photos of COCO: ${name}`, [100 * value], {
      ...{ unit: '%', better: 'higher' },
    });
  benchmark.add(
    'CenterNet, a photo',
    times.map(({ clock }) => clock),
    { unit: 'ms', better: 'lower' },
    times.map(({ processor }) => processor),
  );
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

/** Random boxes as COCO's files, for `score-coco.py`: what the evaluator's test has pycocotools' numbers of. */
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
export async function benchDetector(benchmark: Benchmark): Promise<void> {
  const { random, results } = benchmark.values;
  if (random !== undefined) await writeRandomBoxes(random);
  await benchGrounding(benchmark);
  if (existsSync(coco)) await benchCenterNet(benchmark, results);
  else benchmark.absent('CenterNet', `no COCO photos at ${coco}`);
}
