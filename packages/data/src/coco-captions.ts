import { readCocoLists } from './coco-lists.js';
import { cocoCaption, cocoCaptionsFile } from './coco-schema.js';
import { FgamError } from './error.js';
import { idKey } from './id-key.js';
import { describeFaults, parseRecord } from './parse-record.js';
import { type Skip, SkipList } from './skips.js';

/** What is known of the images that captions are for. Ids as `idKey`. */
export interface CaptionedImages {
  /** True for an image that the instances file has. */
  readonly isKnown: (id: number | string) => boolean;
  /** True for one that was not left out. */
  readonly isKept: (id: number | string) => boolean;
}

/**
 * Reads a COCO captions file of any size: captions by image id, faults in file order.
 *
 * @throws FgamError `data/bad-json`, `data/missing-file`; `data/bad-record` where the file is of another format
 */
export async function readCocoCaptions(
  file: string,
  { isKnown, isKept }: CaptionedImages,
  signal?: AbortSignal,
): Promise<{ readonly captions: Map<string, string[]>; readonly skips: readonly Skip[] }> {
  const captions = new Map<string, string[]>();
  const seen = new Set<number | string>();
  let skips = new SkipList('readCoco');
  const begin = () => {
    captions.clear();
    seen.clear();
    skips = new SkipList('readCoco');
  };
  const take = (raw: unknown) => {
    const caption = parseRecord(cocoCaption, raw, { file, what: 'caption', skips });
    if (!caption) return;
    const image = idKey(caption.image_id);
    const text = caption.caption.trim();
    if (seen.has(idKey(caption.id)))
      skips.add(file, caption.id, 'duplicate-id', 'a caption of this id exists');
    else if (!isKnown(image)) skips.add(file, caption.id, 'unknown-image', `no image has the id ${image}`);
    else if (text === '') skips.add(file, caption.id, 'no-text', 'the caption is empty');
    else if (isKept(image)) {
      const list = captions.get(String(image));
      if (list) list.push(text);
      else captions.set(String(image), [text]);
    }
    seen.add(idKey(caption.id));
  };
  const form = cocoCaptionsFile.safeParse(
    await readCocoLists(file, new Map([['annotations', { begin, take }]]), signal),
  );
  if (!form.success)
    throw new FgamError(
      'data/bad-record',
      `readCoco: expected a list of annotations in ${file}, got: ${describeFaults(form.error)}`,
    );
  return { captions, skips: skips.skips };
}
