import type { FolderFile } from './inside-folder.js';

/**
 * The photo of a Visual Genome image: the url's last part, its last two parts (`VG_100K_2/2414737.jpg`), or `<id>.jpg`,
 * whichever is there; the url's last part where none is.
 *
 * @param find - from `filesInside`
 * @throws FgamError `data/path-escape`
 */
export async function findVisualGenomeImage(
  find: (name: string) => Promise<FolderFile>,
  id: number,
  url: string | undefined,
): Promise<string> {
  const names: string[] = [];
  if (url !== undefined) {
    // Not `new URL`, which would quietly resolve `..` away.
    const parts = (url.split(/[?#]/)[0] as string).replace(/^[a-z]+:\/\/[^/]*\//i, '').split('/');
    names.push(parts.slice(-1).join('/'), parts.slice(-2).join('/'));
  }
  names.push(`${id}.jpg`);
  let first: string | undefined;
  for (const name of names) {
    const { path, exists } = await find(name);
    if (exists) return path;
    first ??= path;
  }
  return first as string;
}
