import { decodeRleCounts, listFaults, readJson } from '@fgam/data';
import { z } from 'zod';
import { benchError, listIds } from '../../error.js';
import { idText } from '../files/id-text.js';
import { listFiles } from '../files/list-files.js';
import { readRows } from '../files/read-rows.js';
import { type Runs, runsArea, uniteRuns } from './runs.js';
import { runsOfPolygon } from './runs-of-polygon.js';

/** What is compared: boxes or masks. */
export type CocoKind = 'boxes' | 'masks';

/** Left, top, width and height in pixels. */
export type CocoBox = readonly [number, number, number, number];

/** An object that is there, or a crowd of them. */
export interface CocoObject {
  readonly image: number;
  readonly category: number;
  readonly shape: CocoBox | Runs;
  /** In pixels, as annotated. */
  readonly area: number;
  readonly crowd: boolean;
}

/** A detection. */
export interface CocoDetection {
  readonly image: number;
  readonly category: number;
  readonly shape: CocoBox | Runs;
  readonly area: number;
  readonly score: number;
}

/** The truth of a set of images. */
export interface CocoTruth {
  /** Ids, ascending: equal scores keep the order of images. */
  readonly images: readonly number[];
  readonly categories: ReadonlyMap<number, string>;
  readonly objects: readonly CocoObject[];
}

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const runs = z.object({
  size: z.tuple([z.int().positive(), z.int().positive()]),
  counts: z.union([z.string(), z.array(z.int().nonnegative())]),
});

const truthFile = z.object({
  images: z.array(z.object({ id: z.int(), height: z.int(), width: z.int() })).min(1),
  annotations: z.array(
    z.object({
      // For messages alone.
      id: idText.optional().catch(undefined),
      image_id: z.int(),
      category_id: z.int(),
      bbox: box,
      area: z.number(),
      iscrowd: z.union([z.literal(0), z.literal(1)]).default(0),
      segmentation: z.unknown(),
    }),
  ),
  categories: z.array(z.object({ id: z.int(), name: z.string() })).min(1),
});

/**
 * Pixels from the image's corner within which a polygon is cut off at the image's border, as by pycocotools.
 * Its outline is followed step by step, and from 2^31 / 5 on pycocotools' whole numbers overflow.
 */
const FARTHEST = 1_000_000;

const segmentation = z.union([runs, z.array(z.array(z.number()).min(6)).min(1)]);

const detectionRow = {
  boxes: z.object({ image_id: z.int(), category_id: z.int(), bbox: box, score: z.number() }),
  masks: z.object({ image_id: z.int(), category_id: z.int(), segmentation: runs, score: z.number() }),
};

/**
 * COCO's `instances_*.json`.
 *
 * @throws FgamError `bench/bad-truth` for another format, an object of an unknown image, or a broken mask,
 * such as a polygon with an odd number of coordinates
 */
export async function readCocoTruth(paths: readonly string[], kind: CocoKind): Promise<CocoTruth> {
  const files = await listFiles(paths, /^instances_.*\.json$/i, 'instances_*.json', 'bench/bad-truth');
  const [file = '', ...others] = files;
  const parsed = truthFile.safeParse(others.length === 0 ? await readJson(file) : undefined);
  if (!parsed.success)
    throw benchError(
      'bench/bad-truth',
      others.length === 0
        ? `${file}: expected COCO's images, annotations and categories, got ${listFaults(parsed.error, 'file')[0] ?? ''}; check that it is the right file`
        : `coco: expected one file of instances, got ${files.join(', ')}; score one set of images at a time`,
    );
  const sizes = new Map(parsed.data.images.map((image) => [image.id, image]));
  const objects = parsed.data.annotations.map((annotation, index): CocoObject => {
    const { id, image_id: image, category_id: category, area, iscrowd } = annotation;
    const size = sizes.get(image);
    const shape =
      size === undefined
        ? 'another'
        : kind === 'boxes'
          ? annotation.bbox
          : maskOf(annotation.segmentation, size);
    if (typeof shape === 'string')
      throw benchError(
        'bench/bad-truth',
        `${file}: expected annotation ${index + 1}${id === undefined ? '' : ` (id ${id})`} to be of an image of the file${kind === 'masks' ? ', with a mask of its size' : ''}, got ${shape} (image ${image}); check the file`,
      );
    return { image, category, shape, area, crowd: iscrowd === 1 };
  });
  return {
    images: [...sizes.keys()].sort((a, b) => a - b),
    categories: new Map(parsed.data.categories.map(({ id, name }) => [id, name])),
    objects,
  };
}

/**
 * COCO's results: `[{image_id, category_id, bbox or segmentation, score}]`, masks as run lengths.
 *
 * @throws FgamError `bench/bad-predictions` for another format, or a broken mask
 */
export async function readCocoDetections(
  paths: readonly string[],
  kind: CocoKind,
): Promise<readonly CocoDetection[]> {
  const files = await listFiles(paths, /\.json$/i, '*.json', 'bench/bad-predictions');
  if (kind === 'boxes') {
    const parts = await Promise.all(
      files.map((file) => readRows(file, detectionRow.boxes, 'bench/bad-predictions')),
    );
    return parts.flat().map(({ value: { image_id: image, category_id: category, bbox, score } }) => ({
      ...{ image, category, shape: bbox, area: bbox[2] * bbox[3], score },
    }));
  }
  const parts = await Promise.all(
    files.map((file) => readRows(file, detectionRow.masks, 'bench/bad-predictions')),
  );
  const broken: string[] = [];
  const detections = parts.flat().flatMap(({ value, place }): CocoDetection[] => {
    const shape = runsOf(value.segmentation);
    if (shape === undefined) broken.push(String(place));
    return shape === undefined
      ? []
      : [
          {
            ...{ image: value.image_id, category: value.category_id, score: value.score },
            ...{ shape, area: runsArea(shape) },
          },
        ];
  });
  if (broken.length > 0)
    throw benchError(
      'bench/bad-predictions',
      `coco: expected masks whose runs fill their size, got ${broken.length} others (rows ${listIds(broken)}); write them by pycocotools' encode or as run lengths`,
    );
  return detections;
}

/** A mask of an annotation, or what is wrong with it. */
function maskOf(
  value: unknown,
  { height, width }: { readonly height: number; readonly width: number },
): Runs | string {
  const parsed = segmentation.safeParse(value);
  if (!parsed.success) return 'neither run lengths nor polygons of three or more corners';
  if (!Array.isArray(parsed.data)) {
    const mask = runsOf(parsed.data);
    return mask?.height === height && mask.width === width ? mask : 'run lengths that do not fill it';
  }
  // pycocotools passes over the last number of these.
  const odd = parsed.data.find((polygon) => polygon.length % 2 === 1);
  if (odd !== undefined) return `a polygon of ${odd.length} numbers, which are no x and y in turn`;
  const far = parsed.data.flat().find((coordinate) => Math.abs(coordinate) > FARTHEST);
  if (far !== undefined) return `a corner at ${far} pixels, further than ${FARTHEST}`;
  return parsed.data.map((polygon) => runsOfPolygon(polygon, height, width)).reduce(uniteRuns);
}

function runsOf({ size, counts }: z.infer<typeof runs>): Runs | undefined {
  const [height, width] = size;
  try {
    const unpacked = typeof counts === 'string' ? decodeRleCounts(counts) : counts;
    const pixels = unpacked.reduce((sum, count) => sum + count, 0);
    return pixels === height * width ? { height, width, counts: unpacked } : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
