import { access, constants, mkdir } from 'node:fs/promises';
import { FgamError } from '@fgam/data';
import { writeFileAtomic } from '../once.js';

/** Makes an output folder, before work whose result would have nowhere to go. @throws FgamError `fgam/not-writable` */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw notWritable(folder, cause);
  }
}

/** Writes a result file whole or not at all. @throws FgamError `fgam/not-writable` */
export async function writeOutput(path: string, content: string): Promise<void> {
  try {
    await writeFileAtomic(path, content);
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

function notWritable(path: string, cause: unknown): FgamError<'fgam/not-writable'> {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new FgamError(
    'fgam/not-writable',
    `${path}: expected to write here, got: ${said}; choose another folder or free space`,
    { cause },
  );
}
