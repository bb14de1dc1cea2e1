import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ImageSource } from './records.js';

/**
 * A key under which what was computed from an image may be kept: the content's hash for bytes; path, size and time of
 * change for a file, so that a file written anew is read anew. A missing file gets its path: reading it says so.
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { imageKey } from '@fgam/data';
 * const bytes = new Uint8Array([1, 2, 3]);
 * if ((await imageKey(bytes)) !== (await imageKey(bytes.slice()))) throw new Error('expected one key');
 * const path = join(await mkdtemp(join(tmpdir(), 'key-')), 'a.png');
 * if ((await imageKey(path)) !== path) throw new Error('expected the path of a missing file');
 * await writeFile(path, bytes);
 * // Path, size in bytes, time of change.
 * if (!(await imageKey(path)).startsWith(`${path}:3:`)) throw new Error(await imageKey(path));
 * ```
 */
export async function imageKey(image: ImageSource): Promise<string> {
  if (typeof image !== 'string') return createHash('sha256').update(image).digest('base64');
  const found = await stat(image).catch(() => undefined);
  return found === undefined ? image : `${image}:${found.size}:${found.mtimeMs}`;
}
