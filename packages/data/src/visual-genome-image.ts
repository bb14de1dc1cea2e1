import { access } from 'node:fs/promises';
import { insideFolder } from './inside-folder.js';

/**
 * The photo of a Visual Genome image: the url's last two parts (`VG_100K_2/2414737.jpg`), its last part, or `<id>.jpg`,
 * whichever is in the folder; the url's last part where none is.
 *
 * @throws FgamError `data/path-escape`
 */
export async function findVisualGenomeImage(folder: string, id: number, url: string | undefined): Promise<string> {
  const names: string[] = [];
  if (url !== undefined) {
    // Not `new URL`, which would quietly resolve `..` away.
    const parts = (url.split(/[?#]/)[0] as string).replace(/^[a-z]+:\/\/[^/]*\//i, '').split('/');
    names.push(parts.slice(-1).join('/'), parts.slice(-2).join('/'));
  }
  names.push(`${id}.jpg`);
  let first: string | undefined;
  for (const name of names) {
    const path = await insideFolder(folder, name);
    first ??= path;
    if (await exists(path)) return path;
  }
  return first as string;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
