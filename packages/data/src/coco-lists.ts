import { readJsonParts } from './json-parts.js';

/** Takes a list's elements one by one. */
export interface ListReader {
  /** Where the list begins; or begins again, as the last member of a name counts. */
  readonly begin: () => void;
  readonly take: (element: unknown) => void;
}

/**
 * Streams the named lists of a JSON file that is an object, in the file's order.
 *
 * @returns the file's form, to be checked: an empty array for each list that is there, or the value in its place
 * @throws FgamError `data/bad-json` with line, column and byte offset; `data/missing-file`
 */
export async function readCocoLists(
  path: string,
  lists: ReadonlyMap<string, ListReader>,
  signal?: AbortSignal,
): Promise<unknown> {
  const found = new Map<string, unknown>();
  let form: unknown;
  for await (const part of readJsonParts(path)) {
    signal?.throwIfAborted();
    if (part.kind === 'object') continue;
    const list = part.key === null ? undefined : lists.get(part.key);
    if (part.key === null) form = part.kind === 'value' ? part.value : [];
    else if (list) {
      if (part.kind === 'elements') for (const element of part.elements) list.take(element);
      else {
        list.begin();
        found.set(part.key, part.kind === 'array' ? [] : part.value);
      }
    }
  }
  return form === undefined ? Object.fromEntries(found) : form;
}
