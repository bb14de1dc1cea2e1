import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type CocoKind, readCocoTruth } from './read-coco.js';

/** The 12 numbers of boxes and of masks. */
export type CocoScores = Readonly<Record<CocoKind, Readonly<Record<string, number | null>>>>;

/** A detection in the official format. */
export interface CocoResult {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: readonly number[];
  readonly segmentation: object;
  readonly score: number;
}

const mini = fileURLToPath(new URL('../../../test-fixtures/coco/mini.json', import.meta.url));

/** What pycocotools gives for {@link movedAnnotations} of 80 photos. */
export async function readMiniScores(): Promise<{
  readonly detections: number;
  readonly scores: CocoScores;
}> {
  return JSON.parse(await readFile(mini, 'utf8')) as { detections: number; scores: CocoScores };
}

/**
 * The detections of `generate-coco.py`: COCO's annotations, moved by a rule.
 * @param instances - the file of annotations
 */
export async function movedAnnotations(instances: string): Promise<CocoResult[]> {
  const file = JSON.parse(await readFile(instances, 'utf8')) as {
    readonly annotations: readonly Omit<CocoResult, 'score'>[];
    readonly categories: readonly { readonly id: number }[];
  };
  const masks = (await readCocoTruth([instances], 'masks')).objects.map(({ shape }) => shape);
  const ids = file.categories.map(({ id }) => id).sort((a, b) => a - b);
  return file.annotations.flatMap(({ image_id, category_id, bbox }, i) =>
    Array.from({ length: (i * 5) % 3 }, (_, c): CocoResult => {
      const k = i * 3 + c;
      const [dx, dy, grow] = [((k * 31) % 11) - 5, ((k * 17) % 7) - 3, 1 + (((k * 13) % 5) - 2) / 8];
      const [x = 0, y = 0, width = 0, height = 0] = bbox;
      const mask = masks[i];
      if (mask === undefined || !('counts' in mask)) throw new Error(`no mask ${i}`);
      const next = ids[(ids.indexOf(category_id) + 1) % ids.length] ?? 0;
      return {
        image_id,
        category_id: k % 7 === 0 ? next : category_id,
        bbox: [Math.max(0, x + dx), Math.max(0, y + dy), width * grow, height * grow],
        segmentation: {
          size: [mask.height, mask.width],
          counts: movedCounts(mask.counts, dx * mask.height + dy),
        },
        score: ((k * 7919) % 1000) / 1000,
      };
    }),
  );
}

/** Runs moved by a number of pixels, column by column; what passes an end is lost. */
function movedCounts(counts: readonly number[], by: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ends = counts.reduce<number[]>((all, count) => [...all, (all.at(-1) ?? 0) + count], []);
  const moved = ends.map((end) => Math.min(total, Math.max(0, end + by)));
  moved[moved.length - 1] = total;
  if (counts.length % 2 === 0) {
    // The object reached the end: what it leaves behind is background.
    moved[moved.length - 1] = Math.min(total, total + by);
    moved.push(total);
  }
  return moved.map((end, index) => end - (moved[index - 1] ?? 0));
}
