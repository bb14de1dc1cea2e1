import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { benchError, type BenchErrorCode } from '../../error.js';

/**
 * Files as they are named, and in place of a folder those of its files that a task reads, sorted.
 *
 * @param isRead - whether a file of a folder, by its name, is one of the task's
 * @param wanted - the names that are looked for, for the message
 * @throws FgamError `code` where a path is not there or a folder holds none
 */
export async function listFiles(
  paths: readonly string[],
  isRead: RegExp,
  wanted: string,
  code: Extract<BenchErrorCode, 'bench/bad-truth' | 'bench/bad-predictions'>,
): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await filesAt(path, isRead, code);
    if (found.length === 0)
      throw benchError(code, `${path}: expected a folder with ${wanted}, got none of these; name the files`);
    files.push(...found);
  }
  return files;
}

async function filesAt(
  path: string,
  isRead: RegExp,
  code: Extract<BenchErrorCode, 'bench/bad-truth' | 'bench/bad-predictions'>,
): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    return (await readdir(path))
      .filter((name) => isRead.test(name))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw benchError(
      code,
      `${path}: expected a readable file or folder, got: ${error.message}; check the path`,
      {
        cause: error,
      },
    );
  }
}
