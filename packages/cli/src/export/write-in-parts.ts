import { createFileParts, type Files } from './file-parts.js';

/** Records that are formatted at once. */
const PART = 256;

/** Where files go, and what their names begin with. */
export interface WriteInPartsOptions {
  readonly out: string;
  readonly name?: string;
}

/**
 * Writes what an exporter makes of records, some hundred at a time: of all records only the ids are held. The
 * files are those that the exporter makes of all of them at once, and are there once all are whole.
 *
 * @returns the files' names; none where there are no records
 * @throws FgamError of the exporter, for an id that comes twice too; whatever the records throw
 */
export async function writeInParts<Item extends { readonly id: string }>(
  records: AsyncIterable<Item>,
  exporter: (part: readonly Item[]) => Files,
  { out, name = 'fgam' }: WriteInPartsOptions,
): Promise<string[]> {
  const parts = createFileParts(out, name);
  const seen = new Set<string>();
  try {
    for await (const part of inParts(records)) {
      const repeated = part.find(({ id }) => seen.has(id));
      // The exporter refuses two of one part, in its own words.
      await parts.add(exporter(repeated === undefined ? part : [repeated, repeated]));
      for (const { id } of part) seen.add(id);
    }
    return await parts.finish();
  } finally {
    await parts.close();
  }
}

async function* inParts<Item>(records: AsyncIterable<Item>): AsyncGenerator<Item[], void, undefined> {
  let part: Item[] = [];
  for await (const record of records) {
    part.push(record);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
