import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { decodeUtf8 } from './decode-utf8.js';
import { FgamError } from './error.js';
import { filesInside } from './inside-folder.js';
import { readJsonLines } from './json-lines.js';
import { parseRecord } from './parse-record.js';
import type { Skip, SkipList } from './skips.js';

const LISTS = ['captions.jsonl', 'metadata.jsonl'];

const line = z
  .object({ file_name: z.string(), text: z.string().exactOptional(), caption: z.string().exactOptional() })
  .refine(({ text, caption }) => text !== undefined || caption !== undefined, 'neither text nor caption');

/** The caption of an image, undefined where it has none, or what is wrong with it. */
type FindCaption = (image: string) => Promise<string | undefined | Pick<Skip, 'reason' | 'detail'>>;

/**
 * Finds the captions of a folder's images: lines of `captions.jsonl` and `metadata.jsonl`, then
 * `name.txt` beside the image.
 *
 * @param names - every file in the folder, by its path in it with `/`
 * @param images - those of them that are images
 * @throws FgamError `data/bad-json`; `data/path-escape` where a line or a text file leads out of the folder
 */
export async function folderCaptions(
  folder: string,
  names: readonly string[],
  images: readonly string[],
  skips: SkipList,
): Promise<FindCaption> {
  const find = filesInside(folder);
  const known = new Set(images);
  const texts = new Set(names.filter((name) => name.toLowerCase().endsWith('.txt')));
  const lines = new Map<string, string>();
  for (const name of names) {
    if (!LISTS.includes(name.slice(name.lastIndexOf('/') + 1))) continue;
    const { path: file } = await find(name);
    const below = dirname(name) === '.' ? '' : `${dirname(name)}/`;
    for (const { line: number, value } of await readJsonLines(file)) {
      const record = parseRecord(line, value, { file, what: `line ${number}`, skips });
      if (!record) continue;
      await find(record.file_name); // `..` and absolute names are refused from where the list lies
      const image = below + record.file_name.replace(/^(?:\.\/)+/, '');
      if (!known.has(image))
        skips.add(file, record.file_name, 'missing-image', `line ${number}: no image of this name`);
      else if (lines.has(image))
        skips.add(file, record.file_name, 'duplicate-id', `line ${number}: a caption of this image exists`);
      else lines.set(image, record.text ?? record.caption ?? '');
    }
  }
  return async (image) => {
    const listed = lines.get(image);
    const beside = `${image.slice(0, image.lastIndexOf('.'))}.txt`;
    if (listed === undefined && !texts.has(beside)) return undefined;
    const text = listed ?? decodeUtf8(await readBytes((await find(beside)).path));
    if (text === undefined) return { reason: 'bad-text', detail: `${beside} is not UTF-8` };
    return text.trim() === '' ? { reason: 'no-text', detail: 'the caption is empty' } : text.trim();
  };
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new FgamError('data/missing-file', `readImageFolder: expected a text at ${path}, got: ${said}`, {
      cause: error,
    });
  }
}
