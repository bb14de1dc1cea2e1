import { basename } from 'node:path';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { expectRoles } from '../files/expect-roles.js';
import { listFiles } from '../files/list-files.js';
import { readRows } from '../files/read-rows.js';
import { createNameFinder, type NameFinder } from '../words/find-names.js';
import { CHAIR_WORDS } from './chair-words.js';

/** What is in the images, and the words for it. */
export interface ChairTruth {
  /** Classes of each image by its id: annotated, or named by its captions. */
  readonly objects: ReadonlyMap<string, ReadonlySet<string>>;
  readonly images: ReadonlyMap<string, string>;
  readonly find: NameFinder;
  /** Whether captions, and CHAIR's own list of words, were given. */
  readonly hasCaptions: boolean;
  readonly hasWords: boolean;
}

const instancesFile = z.object({
  images: z.array(z.object({ id: z.int(), file_name: z.string() })),
  annotations: z.array(z.object({ image_id: z.int(), category_id: z.int() })),
  categories: z.array(z.object({ id: z.int(), name: z.string() })).min(1),
});
const captionsFile = z.object({ annotations: z.array(z.object({ image_id: z.int(), caption: z.string() })) });

const id = z.union([z.int(), z.string().regex(/^\d+$/)]).transform((value) => String(Number(value)));
const captionRow = z.union([
  z
    .object({ image_id: id, caption: z.string() })
    .transform((row) => ({ id: row.image_id, answer: row.caption })),
  z
    .object({ question_id: id, text: z.string() })
    .transform((row) => ({ id: row.question_id, answer: row.text })),
]);

/**
 * COCO's `instances_*.json`, with `captions_*.json` and CHAIR's `synonyms.txt` where they are given.
 *
 * @throws FgamError `bench/bad-truth` for another format, or without instances
 */
export async function readChairTruth(paths: readonly string[]): Promise<ChairTruth> {
  const files = await listFiles(
    paths,
    /^(?:(?:instances|captions)_.*\.json|synonyms\.txt)$/i,
    'instances_*.json and captions_*.json',
    'bench/bad-truth',
  );
  const named = (start: string) => files.filter((file) => basename(file).toLowerCase().startsWith(start));
  expectRoles('chair', files, ['instances', 'captions', 'synonyms']);
  const synonyms = named('synonyms');
  const words = await Promise.all(synonyms.map((file) => readFile(file, 'utf8')));
  const names = new Map(
    words.length === 0
      ? Object.entries(CHAIR_WORDS).flatMap(([name, others]) =>
          [name, ...others].map((each) => [each, name] as const),
        )
      : words.flatMap((text) =>
          text.split('\n').flatMap((line) => {
            const [name = '', ...others] = line.trim().split(', ');
            return name === '' ? [] : [name, ...others].map((each) => [each, name] as const);
          }),
        ),
  );
  const find = createNameFinder(names);
  const objects = new Map<string, Set<string>>();
  const images = new Map<string, string>();
  for (const file of named('instances')) {
    for (const { value } of await readRows(file, instancesFile, 'bench/bad-truth')) {
      for (const image of value.images) {
        images.set(String(image.id), image.file_name);
        objects.set(String(image.id), new Set());
      }
      const classes = new Map(value.categories.map(({ id, name }) => [id, names.get(name) ?? name]));
      for (const { image_id: image, category_id: category } of value.annotations) {
        const name = classes.get(category);
        if (name === undefined)
          throw benchError(
            'bench/bad-truth',
            `${file}: expected annotations of the categories listed, got category ${category} (image ${image}); check the file`,
          );
        objects.get(String(image))?.add(name);
      }
    }
  }
  if (images.size === 0)
    throw benchError(
      'bench/bad-truth',
      `chair: expected instances_*.json, got ${files.join(', ')}; name COCO's annotations too`,
    );
  for (const file of named('captions'))
    for (const { value } of await readRows(file, captionsFile, 'bench/bad-truth'))
      for (const { image_id: image, caption } of value.annotations)
        for (const name of find(caption)) objects.get(String(image))?.add(name);
  return {
    ...{ objects, images, find },
    hasCaptions: named('captions').length > 0,
    hasWords: synonyms.length > 0,
  };
}

/**
 * Captions: COCO's results `[{image_id, caption}]`, the object with `imgToEval` that CHAIR's script reads,
 * or `{question_id, text}`.
 *
 * @throws FgamError `bench/bad-predictions` for another format, or no caption: which images are scored is told by them
 */
export async function readChairCaptions(paths: readonly string[]): Promise<readonly PredictedRow<string>[]> {
  const files = await listFiles(paths, /\.jsonl?$/i, '*.json', 'bench/bad-predictions');
  const parts = files.map((file) => readRows(file, captionRow, 'bench/bad-predictions', rowsOfEvaluation));
  const captions = (await Promise.all(parts)).flat().map(({ value }) => value);
  if (captions.length === 0)
    throw benchError(
      'bench/bad-predictions',
      `chair: expected captions in ${files.join(', ')}, got none; name a file that has some`,
    );
  return captions;
}

function rowsOfEvaluation(value: unknown): readonly unknown[] {
  const evaluated = z.object({ imgToEval: z.record(z.string(), z.unknown()) }).safeParse(value);
  return evaluated.success ? Object.values(evaluated.data.imgToEval) : [value];
}
