import { FgamError } from './error.js';
import { readJsonParts } from './json-parts.js';

/**
 * Streams the elements of a JSON file that is one array, whatever its size (Visual Genome's files are longer than the
 * longest string of Node). Only a block's elements are held at a time.
 *
 * @throws FgamError `data/bad-json` with line, column and byte offset; `data/missing-file`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readJsonArray } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'array-')), 'a.json');
 * await writeFile(path, '[{"id": 1}, [2], "three"]');
 * const elements = [];
 * for await (const element of readJsonArray(path)) elements.push(element);
 * if (JSON.stringify(elements) !== '[{"id":1},[2],"three"]') throw new Error(JSON.stringify(elements));
 * ```
 */
export async function* readJsonArray(path: string): AsyncGenerator<unknown, void, undefined> {
  for await (const part of readJsonParts(path)) {
    if (part.kind === 'elements') yield* part.elements;
    else if (part.kind !== 'array') {
      const { line, column, byteOffset } = part.at;
      throw new FgamError(
        'data/bad-json',
        `${path}:${line}:${column} (byte ${byteOffset}): expected one JSON array, got ` +
          `${part.kind === 'object' ? 'an object' : 'a single value'}; the file may be of another format`,
      );
    }
  }
}
