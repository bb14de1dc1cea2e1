import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';

/**
 * Writes a file of predictions into a folder: lists line by line if the name ends in `.jsonl`, else one JSON
 * value. Returns the files.
 */
export async function saveJson(folder: string, name: string, value: unknown): Promise<readonly string[]> {
  await makeFolder(folder);
  const file = join(folder, name);
  const text =
    name.endsWith('.jsonl') && Array.isArray(value)
      ? value.map((row) => `${JSON.stringify(row)}\n`).join('')
      : `${JSON.stringify(value)}\n`;
  await writeAtomic(file, text);
  return [file];
}
