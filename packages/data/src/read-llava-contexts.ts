import { z } from 'zod';
import { FgamError } from './error.js';
import { type ImageCheck, lookAtImage } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { readJsonLines } from './json-lines.js';
import { mapBounded } from './map-bounded.js';
import { describeFaults, parseRecord } from './parse-record.js';
import type { BoxUnit, Region } from './records.js';
import { type Skip, SkipList } from './skips.js';
import { findTextFault } from './text-fault.js';
import { withArticle } from './with-article.js';
import type { ReaderOptions } from './reader-options.js';

/** Options of `readLlavaContexts`. */
export interface ReadLlavaContextsOptions extends ReaderOptions {
  /** Path of the JSON Lines file, such as `caps_boxes_coco2014_val_80.jsonl`. */
  readonly file: string;
  /** Folder of the images. */
  readonly images: string;
  /** How image files are looked at. Default `decode`. */
  readonly check?: ImageCheck;
}

/**
 * What LLaVA's pipeline shows of an image to a model that cannot see it. A `RegionSample` but for the
 * size, which it does not tell.
 */
export interface LlavaContext {
  readonly id: string;
  /** Path of the image file. */
  readonly image: string;
  readonly captions: readonly string[];
  readonly regions: readonly Region[];
}

/** What `readLlavaContexts` found. */
export interface LlavaContextData {
  readonly contexts: readonly LlavaContext[];
  readonly skipped: readonly Skip[];
}

const record = z.object({
  id: z.union([z.int(), z.string().min(1)]),
  image: z.string().min(1),
  captions: z.array(z.string()),
  instances: z.array(z.unknown()),
});

const instance = z.object({
  category: z.string(),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
});

/** Boxes are rounded to three digits; what one unit of the last reaches over the edge is clipped. */
const TOLERANCE = 0.001;

/**
 * Reads the contexts that LLaVA's instructions were generated from: captions, and boxes `x0, y0, x1, y1` in 0..1.
 *
 * A region's id is `<image id>-<n>`, its label the category, its description the same with an article. What
 * is wrong with one record, caption or box leaves it out, counted and listed.
 *
 * @throws FgamError `data/bad-json` with the line; `data/missing-file`; `data/empty` where no context is left;
 *   `data/path-escape`; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readLlavaContexts } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'contexts-'));
 * const instances = [{ category: 'apple', bbox: [0.1, 0.2, 0.3, 0.4] }];
 * await writeFile(join(folder, 'contexts.jsonl'),
 *   `${JSON.stringify({ id: '7', image: '7.jpg', captions: ['An apple.'], instances })}\n`);
 * const { contexts } = await readLlavaContexts({ file: join(folder, 'contexts.jsonl'), images: folder, check: 'none' });
 * if (contexts[0]?.regions[0]?.description !== 'an apple') throw new Error(JSON.stringify(contexts));
 * ```
 */
export async function readLlavaContexts(options: ReadLlavaContextsOptions): Promise<LlavaContextData> {
  const { file, check = 'decode' } = options;
  const skips = new SkipList('readLlavaContexts', options.maxSkips);
  const records = new Map<string, z.infer<typeof record>>();
  const lines = await readJsonLines(file);
  for (const { value } of lines) {
    const found = parseRecord(record, value, { file, what: 'context', skips });
    if (!found) continue;
    if (records.has(String(found.id)))
      skips.add(file, found.id, 'duplicate-id', 'a context of this id exists');
    else records.set(String(found.id), found);
  }
  const find = filesInside(options.images);
  let done = 0;
  const looked = await mapBounded([...records], 8, async ([id, found]) => {
    options.signal?.throwIfAborted();
    const { path } = await find(found.image);
    const look = check === 'none' ? undefined : await lookAtImage(path, check);
    options.onProgress?.(++done, records.size);
    return { id, path, found, fault: look && 'fault' in look ? look.fault : undefined };
  });
  const contexts: LlavaContext[] = [];
  for (const { id, path, found, fault } of looked) {
    if (fault) {
      skips.add(file, id, fault.reason, fault.detail);
      continue;
    }
    const captions = found.captions.flatMap((caption, index) => {
      const wrong = findTextFault(caption);
      if (!wrong) return [caption.trim()];
      skips.add(file, `${id} caption ${index + 1}`, wrong.reason, wrong.detail);
      return [];
    });
    const regions = found.instances.flatMap((raw, index): Region[] => {
      const region = regionFrom(raw, `${id}-${index + 1}`);
      if (!('reason' in region)) return [region];
      skips.add(file, `${id}-${index + 1}`, region.reason, region.detail);
      return [];
    });
    contexts.push({ id, image: path, captions, regions });
  }
  if (contexts.length === 0)
    throw new FgamError(
      'data/empty',
      `readLlavaContexts: expected contexts of usable images in ${file}, got none of ${lines.length}; the first fault: ` +
        (skips.skips[0]?.detail ?? 'none'),
    );
  return { contexts, skipped: skips.skips };
}

function regionFrom(raw: unknown, id: string): Region | Pick<Skip, 'reason' | 'detail'> {
  const parsed = instance.safeParse(raw);
  if (!parsed.success) return { reason: 'bad-record', detail: describeFaults(parsed.error) };
  const { category, bbox } = parsed.data;
  const fault = findTextFault(category);
  if (fault) return fault;
  const clipped = bbox.map((value) => Math.min(1, Math.max(0, value)));
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = clipped;
  const inside = bbox.every((value, index) => Math.abs(value - (clipped[index] as number)) <= TOLERANCE);
  if (!inside || !(x1 > x0 && y1 > y0))
    return { reason: 'bad-box', detail: `expected x0 < x1, y0 < y1 in 0..1, got ${bbox.join(', ')}` };
  const box: BoxUnit = { x0, y0, x1, y1 };
  return { id, box, label: category.trim(), description: withArticle(category), source: 'llava-context' };
}
