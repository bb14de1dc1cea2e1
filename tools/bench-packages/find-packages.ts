import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BenchedPackage } from './run-package.js';

const manifest = z.looseObject({ name: z.string(), scripts: z.record(z.string(), z.string()).optional() });

/**
 * Packages that have a benchmark, by name.
 *
 * @param only - names or folders' names; default: all
 * @throws Error for a name that is none
 */
export async function findPackages(
  root: string,
  only?: readonly string[],
): Promise<readonly BenchedPackage[]> {
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const found = await Promise.all(
    folders.map(async ({ name: short }) => {
      const folder = join(root, short);
      const { name, scripts = {} } = manifest.parse(
        JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
      );
      return scripts['bench'] === undefined ? [] : [{ name, folder, short }];
    }),
  );
  const all = found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  const unknown = only?.filter(
    (wanted) => !all.some(({ name, short }) => wanted === name || wanted === short),
  );
  if (unknown !== undefined && unknown.length > 0)
    throw new Error(
      `--only: expected some of ${all.map(({ short }) => short).join(', ')}, got ${unknown.join(', ')}`,
    );
  return all
    .filter(({ name, short }) => only === undefined || only.includes(name) || only.includes(short))
    .map(({ name, folder }) => ({ name, folder }));
}
