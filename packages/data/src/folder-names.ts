import { readdir } from 'node:fs/promises';
import { FgamError } from './error.js';

/** The names in a folder, sorted by their code units. @throws FgamError `data/missing-file` where it cannot be read */
export async function folderNames(fn: string, folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new FgamError(
      'data/missing-file',
      `${fn}: expected a readable folder, got: ${said}; check the path`,
      {
        cause: error,
      },
    );
  }
}
