import { basename } from 'node:path';
import { benchError, listIds } from '../../error.js';

/**
 * Refuses files whose names begin with none of these: what a file is for is told by its name, and nobody would miss
 * one that was given and not read.
 *
 * @throws FgamError `bench/bad-truth`
 */
export function expectRoles(task: string, files: readonly string[], starts: readonly string[]): void {
  const others = files.filter(
    (file) => !starts.some((start) => basename(file).toLowerCase().startsWith(start)),
  );
  if (others.length > 0)
    throw benchError(
      'bench/bad-truth',
      `${task}: expected files whose names begin with ${starts.join(', ')}, got ${listIds(others)}; rename them`,
    );
}
