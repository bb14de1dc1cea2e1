import { join } from 'node:path';
import { makeFolder, parseJson, writeAtomic } from '@fgam/data';
import { quantileSorted } from 'simple-statistics';
import { createDraws, type Interval } from '../../bootstrap.js';
import { benchError, listIds } from '../../error.js';
import type { BenchmarkTask, ScoreInput } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { cocoSummary, cocoWholeSummary } from './coco-summary.js';
import { type CategoryMatches, matchDetections } from './match-detections.js';
import {
  type CocoDetection,
  type CocoKind,
  type CocoObject,
  type CocoTruth,
  readCocoDetections,
  readCocoTruth,
} from './read-coco.js';

const DIALECTS = ['official'] as const;

/** Resamples of an interval: each one evaluates anew, so there are fewer than where sums do. */
const RESAMPLES = 200;

/**
 * COCO's detection scores of boxes: the 12 numbers of pycocotools (Lin et al. 2014, arXiv:1405.0312;
 * cocodataset.org/#detection-eval).
 */
export const cocoBoxesTask = createCocoTask('boxes');

/** COCO's detection scores of masks. */
export const cocoMasksTask = createCocoTask('masks');

function createCocoTask(kind: CocoKind): BenchmarkTask {
  const name = kind === 'boxes' ? 'coco-detection' : 'coco-segmentation';
  return {
    name,
    aliases: kind === 'boxes' ? ['coco', 'coco-boxes', 'coco-bbox'] : ['coco-masks', 'coco-segm'],
    title: `COCO ${kind}`,
    measures: `average precision and recall of detected ${kind}, as pycocotools' 12 numbers`,
    inputs: `truth: instances_*.json; predictions: [{image_id, category_id, ${kind === 'boxes' ? 'bbox' : 'segmentation (run lengths)'}, score}]`,
    dialects: DIALECTS,
    units: Object.fromEntries(Object.keys(cocoSummary([])).map((metric) => [metric, '0..1'])),

    score: (input) => score(name, kind, input),

    /** A detector is asked nothing but the image. */
    async questions(truth) {
      const { images } = await readCocoTruth(truth, kind);
      return images.map((id) => ({ id: String(id), prompt: '' }));
    },

    /** Answers are the JSON of an image's detections, each without `image_id`. */
    async savePredictions(truth, answers, folder) {
      const { images } = await readCocoTruth(truth, kind);
      const rows = images.flatMap((id) => {
        const detections = parseJson(answers.get(String(id)) ?? '[]', `answer of image ${id}`);
        if (!Array.isArray(detections))
          throw benchError(
            'bench/bad-predictions',
            `${name}: expected a list of detections as the answer of image ${id}, got another value; answer [] where there are none`,
          );
        return detections.map((detection: unknown) => ({
          image_id: id,
          ...(typeof detection === 'object' ? detection : {}),
        }));
      });
      await makeFolder(folder);
      const file = join(folder, `${name}_results.json`);
      await writeAtomic(file, `${JSON.stringify(rows)}\n`);
      return [file];
    },
  };
}

async function score(name: string, kind: CocoKind, input: ScoreInput) {
  const dialect = expectDialect({ name, dialects: DIALECTS }, input.dialect);
  const truth = await readCocoTruth(input.truth, kind);
  const detections = await readCocoDetections(input.predictions, kind);
  // An image without detections is no fault, but a file without any is no result.
  if (detections.length === 0 && !input.allowMissing)
    throw benchError(
      'bench/bad-predictions',
      `${name}: expected detections in ${input.predictions.join(', ')}, got none; name another file, or allow missing rows if nothing was found`,
    );
  const known = new Set(truth.images);
  const unknown = new Set(
    detections.flatMap(({ image, category }) => [
      ...(known.has(image) ? [] : [`image ${image}`]),
      ...(truth.categories.has(category) ? [] : [`category ${category}`]),
    ]),
  );
  if (unknown.size > 0 && !input.allowMissing)
    throw benchError(
      'bench/bad-predictions',
      `${name}: expected detections in the truth's images and categories, got others (${listIds([...unknown])}); repair the predictions, or allow missing rows to pass over these`,
    );
  const others = otherSizes(truth, detections);
  if (others.length > 0)
    throw benchError(
      'bench/bad-predictions',
      `${name}: expected masks of the size of their image's, got others: ${listIds(others)}; write them at the image's size`,
    );
  const matches = matchDetections(truth, detections);
  const byCategory = [...truth.categories].flatMap(([id, category]) => {
    const own = cocoSummary(matches.filter((each) => each.category === id));
    return own.ap === null ? [] : [[category, { ...own }] as const];
  });
  return {
    ...{ task: name, dialect, n: truth.images.length, missing: 0 },
    metrics: { ...cocoSummary(matches) },
    byCategory: Object.fromEntries(byCategory),
    interval: intervalsOf(matches, truth.images.length, input.seed ?? 0),
    faults: { missing: [], duplicate: [], unknown: [...unknown], unparsable: [] },
    notes: [`${detections.length} detections of ${truth.objects.length} objects`],
  };
}

/** Images whose detected masks are of another size than its objects' masks: pixels could not be compared. */
function otherSizes({ objects }: CocoTruth, detections: readonly CocoDetection[]): string[] {
  const sizeOf = (shape: CocoObject['shape']) =>
    'counts' in shape ? `${shape.width} x ${shape.height}` : undefined;
  const sizes = new Map(objects.map(({ image, shape }) => [image, sizeOf(shape)]));
  const others = detections.flatMap(({ image, shape }) => {
    const [wanted, got] = [sizes.get(image), sizeOf(shape)];
    return wanted === undefined || got === undefined || got === wanted
      ? []
      : [`image ${image} (${got}, expected ${wanted})`];
  });
  return [...new Set(others)];
}

/** 95 % intervals of the numbers of all sizes, by a bootstrap over images: an image counts as often as it is drawn. */
function intervalsOf(
  matches: readonly CategoryMatches[],
  images: number,
  seed: number,
): Record<string, Interval> {
  const draw = createDraws(images, seed);
  const drawn = new Map<string, number[]>();
  for (let round = 0; round < RESAMPLES; round += 1) {
    const weights = new Int32Array(images);
    for (const image of draw()) weights[image] = (weights[image] ?? 0) + 1;
    for (const [metric, value] of Object.entries(cocoWholeSummary(matches, weights))) {
      if (value === null) continue;
      const values = drawn.get(metric);
      if (values === undefined) drawn.set(metric, [value]);
      else values.push(value);
    }
  }
  return Object.fromEntries(
    [...drawn].map(([metric, values]) => {
      const sorted = values.sort((a, b) => a - b);
      return [metric, [quantileSorted(sorted, 0.025), quantileSorted(sorted, 0.975)] as const];
    }),
  );
}
