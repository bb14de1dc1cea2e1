import { basename } from 'node:path';
import { isFgamError, FgamError } from './error.js';
import { type Flickr30kSentence, parseFlickr30kSentence } from './flickr30k-sentence.js';
import { folderNames } from './folder-names.js';
import { filesInside } from './inside-folder.js';
import { readTextIfThere } from './json.js';
import { mapBounded } from './map-bounded.js';
import { type Skip, SkipList } from './skips.js';
import { readSmallText } from './small-text.js';
import { findTextFault } from './text-fault.js';

/** Options of `readFlickr30kSentences`. */
export interface ReadFlickr30kSentencesOptions {
  /** Folder `Sentences`: a `<id>.txt` an image, one sentence a line. */
  readonly sentences: string;
  /** Path of an official list of ids (`train.txt`), one a line. Default: every file of the folder. */
  readonly split?: string;
  /**
   * Path of the official `UNRELATED_CAPTIONS` (image and sentence from 1): sentences that do
   * not speak of their image.
   */
  readonly unrelated?: string;
  /** Most records that may be left out. Default no limit. */
  readonly maxSkips?: number;
  readonly signal?: AbortSignal;
}

/** What `readFlickr30kSentences` found. */
export interface Flickr30kSentences {
  /** The sentences of each image, by its id. */
  readonly sentences: ReadonlyMap<string, readonly Flickr30kSentence[]>;
  readonly skipped: readonly Skip[];
}

/**
 * Reads the sentences of Flickr30k Entities alone: captions, and phrases with their chains and types. Boxes need the
 * annotations, and image sizes too: `readFlickr30kEntities`.
 *
 * A line that is empty, no UTF-8, broken or unrelated to its image is left out, counted and listed as `<id>:<line>`.
 *
 * @throws FgamError `data/missing-file`; `data/empty` where no sentence is left;
 * `data/path-escape`; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readFlickr30kSentences } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'flickr-'));
 * await writeFile(join(folder, '36979.txt'), '[/EN#1/people A girl] sits .\n');
 * const { sentences } = await readFlickr30kSentences({ sentences: folder });
 * if (sentences.get('36979')?.[0]?.text !== 'A girl sits .') throw new Error();
 * ```
 */
export async function readFlickr30kSentences(
  options: ReadFlickr30kSentencesOptions,
): Promise<Flickr30kSentences> {
  const skips = new SkipList('readFlickr30kSentences', options.maxSkips);
  const sentences = await collectFlickr30kSentences('readFlickr30kSentences', options, skips);
  return { sentences, skipped: skips.skips };
}

/** The same, with skips added to a list of `fn`'s. */
export async function collectFlickr30kSentences(
  fn: string,
  options: ReadFlickr30kSentencesOptions,
  skips: SkipList,
): Promise<Map<string, readonly Flickr30kSentence[]>> {
  const find = filesInside(options.sentences);
  const ids = await imageIds(fn, options, skips);
  const files = await mapBounded(ids, 8, async (id) => {
    options.signal?.throwIfAborted();
    const { path, exists } = await find(`${id}.txt`);
    return { id, path, text: exists ? await readSmallText(path) : undefined };
  });
  const unrelated = await unrelatedSentences(fn, options, skips);
  const sentences = new Map<string, readonly Flickr30kSentence[]>();
  for (const { id, path, text } of files) {
    if (text === undefined) skips.add(path, id, 'missing-annotation', 'the image has no file of sentences');
    else if (typeof text !== 'string') skips.add(path, id, 'bad-record', text.problem);
    else {
      const found = sentencesOf(text, { id, path, unrelated, skips });
      if (found.length > 0) sentences.set(id, found);
      else skips.add(path, id, 'no-text', 'the file has no usable sentence');
    }
  }
  if (sentences.size === 0)
    throw new FgamError(
      'data/empty',
      `${fn}: expected sentences in ${options.sentences}, got none of ${ids.length} images; the first fault: ` +
        (skips.skips[0]?.detail ?? 'none'),
    );
  return sentences;
}

const UNRELATED = { reason: 'unrelated', detail: 'the sentence does not speak of its image' } as const;

function sentencesOf(
  text: string,
  at: {
    readonly id: string;
    readonly path: string;
    readonly unrelated: ReadonlySet<string>;
    readonly skips: SkipList;
  },
): Flickr30kSentence[] {
  const { id, path, unrelated, skips } = at;
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.flatMap((line, index) => {
    const fault = unrelated.has(`${id} ${index + 1}`) ? UNRELATED : findTextFault(line);
    if (fault) {
      skips.add(path, `${id}:${index + 1}`, fault.reason, fault.detail);
      return [];
    }
    try {
      return [parseFlickr30kSentence(line)];
    } catch (error) {
      if (!isFgamError(error)) throw error;
      skips.add(path, `${id}:${index + 1}`, 'bad-record', error.message);
      return [];
    }
  });
}

async function imageIds(
  fn: string,
  { sentences, split }: ReadFlickr30kSentencesOptions,
  skips: SkipList,
): Promise<string[]> {
  if (split === undefined)
    return (await folderNames(fn, sentences))
      .filter((name) => name.endsWith('.txt'))
      .map((name) => basename(name, '.txt'));
  const lines = await linesOf(fn, split);
  const ids = new Set<string>();
  for (const id of lines)
    if (ids.has(id)) skips.add(split, id, 'duplicate-id', 'the list names the image twice');
    else ids.add(id);
  return [...ids];
}

/** `<image> <sentence>`, as the list has them. */
async function unrelatedSentences(
  fn: string,
  { unrelated }: ReadFlickr30kSentencesOptions,
  skips: SkipList,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (unrelated === undefined) return found;
  for (const line of await linesOf(fn, unrelated)) {
    const [, id, sentence] = /^(\d+)\s+(\d{1,9})$/.exec(line) ?? [];
    if (id !== undefined && sentence !== undefined) found.add(`${id} ${Number(sentence)}`);
    else
      skips.add(unrelated, line.slice(0, 40), 'bad-record', 'expected an image and the number of a sentence');
  }
  return found;
}

/** The lines of a list that are not empty. */
async function linesOf(fn: string, path: string): Promise<string[]> {
  const text = await readTextIfThere(path);
  if (text === undefined)
    throw new FgamError('data/missing-file', `${fn}: expected a list at ${path}, found none`);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
