import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { FgamError } from '@fgam/data';

/** More than any photo has; a record may name anything, a log of gigabytes too. */
const MOST_BYTES = 128 * 2 ** 20;

/**
 * The bytes of an image file that a record names. Only plain files are read: a device or a pipe would never end.
 *
 * @throws FgamError `data/missing-file`; `data/bad-image`
 */
export async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    // Without O_NONBLOCK opening a pipe waits for its writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MOST_BYTES)
        throw new FgamError(
          'data/bad-image',
          `${path}: expected a plain file of at most ${MOST_BYTES} bytes, got ${stats.isFile() ? `${stats.size} bytes` : 'another kind of file'}; check the record`,
        );
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FgamError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new FgamError('data/missing-file', `expected an image file, got: ${said}; check the folder`, {
      cause: error,
    });
  }
}
