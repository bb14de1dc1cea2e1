import type { Dirent } from 'node:fs';

/** What is asked of an entry of a folder. */
type Entry = Pick<Dirent, 'name' | 'isDirectory' | 'isFile' | 'isSymbolicLink'>;

/**
 * Files in a folder and those below it, by their path in it with `/`. Names that begin with a dot are passed
 * over; links to what is no folder count as files, and links to folders are not followed.
 *
 * @param entriesOf - lists a folder: the first by `''`, those below by their path with `/` at its end
 */
export async function namesBelow(entriesOf: (below: string) => Promise<readonly Entry[]>): Promise<string[]> {
  const names: string[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const entry of await entriesOf(below)) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) await walk(`${below}${entry.name}/`);
      else if (entry.isFile() || entry.isSymbolicLink()) names.push(below + entry.name);
    }
  };
  await walk('');
  return names;
}
