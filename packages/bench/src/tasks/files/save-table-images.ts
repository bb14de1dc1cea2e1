import { join } from 'node:path';
import { imageMediaType, makeFolder, writeAtomic } from '@fgam/data';
import { benchError, listIds } from '../../error.js';

/** A row of a table that holds its images: what stands in the image's cell. */
export interface TableImage {
  /** The row's index. */
  readonly id: string;
  /** The image in base64, or the index of the row that has it, as VLMEvalKit's tables say an image once. */
  readonly cell: string;
}

/**
 * A cell of at most so many characters is an index where there is a row of it: no image is as
 * short (VLMEvalKit's rule).
 */
const MOST_INDEX = 64;

/**
 * Writes the images that stand in a table as base64 into a folder, each as `NAME.png`, `.jpeg`, `.webp` or `.gif`.
 *
 * @param rows - all of the table, as one row may have the image of another
 * @param names - of the images that are wanted: the index of a row that has each
 * @throws FgamError `bench/bad-truth` that lists the rows without an image
 */
export async function saveTableImages(
  fn: string,
  rows: readonly TableImage[],
  names: ReadonlyMap<string, string>,
  folder: string,
): Promise<void> {
  const cells = new Map(rows.map(({ id, cell }) => [id, cell]));
  await makeFolder(folder);
  const broken: string[] = [];
  for (const [name, id] of names) {
    const bytes = Buffer.from(imageCell(cells, id), 'base64');
    const type = imageMediaType(bytes)?.replace('image/', '');
    if (type === undefined) broken.push(id);
    else await writeAtomic(join(folder, `${name}.${type}`), bytes);
  }
  if (broken.length > 0)
    throw benchError(
      'bench/bad-truth',
      `${fn}: expected a column image of pictures in base64, or of indices of rows that have them, got neither in ${broken.length} rows (${listIds(broken)}); give the images' folder (--images)`,
    );
}

/** The cell of a row, or of the row that it refers to, or so on; empty where they refer to each other. */
function imageCell(cells: ReadonlyMap<string, string>, id: string): string {
  const seen = new Set<string>();
  for (let at = id; !seen.has(at); ) {
    seen.add(at);
    const cell = (cells.get(at) ?? '').trim();
    if (cell.length > MOST_INDEX || !cells.has(cell)) return cell;
    at = cell;
  }
  return '';
}
