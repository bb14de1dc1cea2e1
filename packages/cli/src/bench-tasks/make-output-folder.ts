import { access, constants } from 'node:fs/promises';
import { FgamError, makeFolder } from '@fgam/data';

/** Makes an output folder, before work whose result would have nowhere to go. @throws FgamError `fgam/not-writable` */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new FgamError<'fgam/not-writable'>(
      'fgam/not-writable',
      `${folder}: expected to write here, got: ${said}; choose another folder or free space`,
      { cause },
    );
  }
}
