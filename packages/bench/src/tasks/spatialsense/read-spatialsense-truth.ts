import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import { idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import type { Statement } from '../statements/score-statements.js';

/** A statement of SpatialSense: subject, predicate, object. */
export interface SpatialSenseItem extends Statement {
  readonly subject: string;
  readonly object: string;
}

/** The split that the official script scores at the end. */
const SPLIT = 'test';

/**
 * Reads `annotations.json`: images with statements about two boxes. Those of the test split are scored; in a
 * file without one, all. Boxes are not read: no rule uses them (they are y0, y1, x0, x1).
 *
 * @throws FgamError `bench/bad-truth` where a row has another form
 */
export async function readSpatialSenseTruth(
  paths: readonly string[],
): Promise<{ readonly items: readonly SpatialSenseItem[]; readonly split: string | undefined }> {
  const files = await listFiles(paths, /annotations.*\.json$/i, 'annotations.json', 'bench/bad-truth');
  const found: { readonly split: unknown; readonly item: SpatialSenseItem }[] = [];
  for (const file of files)
    for (const [place, { value }] of (await readJsonRecords(file)).records.entries()) {
      const { url, split, annotations } = isFields(value) ? value : {};
      if (typeof url !== 'string' || !Array.isArray(annotations)) throw badTruth(file, `image ${place + 1}`);
      const image = url.slice(url.lastIndexOf('/') + 1);
      for (const annotation of annotations as readonly unknown[])
        found.push({ split, item: itemOf(annotation, image) ?? refuse(file, image) });
    }
  const tested = found.filter(({ split }) => split === SPLIT);
  const items = (tested.length > 0 ? tested : found).map(({ item }) => item);
  return { items, split: tested.length > 0 ? SPLIT : undefined };
}

function itemOf(annotation: unknown, image: string): SpatialSenseItem | undefined {
  if (!isFields(annotation)) return undefined;
  const { predicate, label, subject, object } = annotation;
  const id = idText(annotation['_id']);
  const names = [subject, object].map((each) => (isFields(each) ? each['name'] : undefined));
  const [subjectName, objectName] = names;
  if (id === undefined || typeof predicate !== 'string' || typeof label !== 'boolean') return undefined;
  if (typeof subjectName !== 'string' || typeof objectName !== 'string') return undefined;
  return { ...{ id, image, label }, relation: predicate, subject: subjectName, object: objectName };
}

function refuse(file: string, image: string): never {
  throw badTruth(file, `an annotation of ${image}`);
}

function badTruth(file: string, place: string): Error {
  return benchError(
    'bench/bad-truth',
    `spatialsense: ${file}: ${place}: expected url, split and annotations with _id, predicate, subject, object and label; name the official annotations.json`,
  );
}
