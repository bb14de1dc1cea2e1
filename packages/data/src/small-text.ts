import { stat } from 'node:fs/promises';
import { FgamError } from './error.js';
import { readText } from './json.js';

/** Most bytes of the annotation file of one image; official ones stay under 100 kB. */
const MAX_BYTES = 4 * 2 ** 20;

/**
 * The text of one image's annotation file, without a byte order mark; or what is wrong with the file. Bytes
 * that are not UTF-8 become U+FFFD, which `findTextFault` finds.
 *
 * @throws FgamError `data/missing-file` where it cannot be read
 */
export async function readSmallText(path: string): Promise<string | { readonly problem: string }> {
  const found = await stat(path).catch((cause: unknown) => {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new FgamError(
      'data/missing-file',
      `${path}: expected a readable file, got: ${said}; check the path`,
      {
        cause,
      },
    );
  });
  if (!found.isFile()) return { problem: 'not a file' };
  if (found.size > MAX_BYTES) return { problem: `the file has ${found.size} bytes, more than ${MAX_BYTES}` };
  return (await readText(path)).replace(/^\uFEFF/, '');
}
