import { join } from 'node:path';
import { DigestSet } from './digest-set.js';
import { FgamError } from './error.js';
import { extractLaionTar } from './extract-laion-tar.js';
import { createLaionFilter, type LaionFields, type LaionFilter } from './laion-filter.js';
import type { LaionRecord } from './laion-record.js';
import type { ReadWebDatasetOptions } from './read-web-dataset.js';
import type { RegionSample } from './records.js';
import { refuseUrl } from './refuse-url.js';
import type { Skip } from './skips.js';

/** Options of `readLaion`. */
export interface ReadLaionOptions extends LaionFilter, ReadWebDatasetOptions {
  /** Folder into which the images are taken out, once. Made where it is missing. */
  readonly images: string;
  /** Called after each tar; `reused` says that it was taken out before. */
  readonly onProgress?: (done: {
    readonly tar: string;
    readonly samples: number;
    readonly reused: boolean;
  }) => void;
}

/**
 * LAION-400M style data as samples without regions: WebDataset tars that img2dataset has written (see
 * `readWebDataset`). Images are taken out into `images`, by their SHA-256, because a sample names its image
 * by a path; what else a tar's JSON says (address, licence) stays in `images/tars/`. Taking out is
 * idempotent, an interrupted one continues at its tar, and other filters do not repeat it.
 *
 * Sizes are those of the images, not of the JSON; `url`, `similarity` and `NSFW` come from there, in small or
 * capital letters. Nothing is fetched: for lists of addresses see `readLaionRows`.
 *
 * @returns a stream in the order of the tars; one tar's records are held, and digests of ids, addresses and captions
 * @throws FgamError as `readWebDataset`; `data/not-writable`; `data/empty` at the end where no sample was left
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { pipeline } from 'node:stream/promises';
 * import { buildShards, readLaion, type Skip } from '@fgam/data';
 * import sharp from 'sharp';
 * import { pack } from 'tar-stream';
 * const folder = await mkdtemp(join(tmpdir(), 'laion-'));
 * const image = await sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).jpeg().toBuffer();
 * const entries = pack();
 * entries.entry({ name: '000000000.jpg' }, image);
 * entries.entry({ name: '000000000.txt' }, 'a red field');
 * entries.finalize();
 * await pipeline(entries, createWriteStream(join(folder, '00000.tar')));
 * const skipped: Skip[] = [];
 * const samples = readLaion({
 *   tars: [join(folder, '00000.tar')],
 *   images: join(folder, 'images'),
 *   minSide: 2,
 *   onSkip: (skip) => skipped.push(skip),
 * });
 * const manifest = await buildShards({ samples, skipped, out: join(folder, 'shards') });
 * if (manifest.samples !== 1) throw new Error(JSON.stringify(skipped));
 * ```
 */
export async function* readLaion(options: ReadLaionOptions): AsyncGenerator<RegionSample, void, undefined> {
  const refuse = createLaionFilter('readLaion', options);
  const { maxEntryBytes, captions, check, signal } = options;
  const ids = new DigestSet();
  let count = 0;
  let first: Skip | undefined;
  const skip = (fault: Skip) => {
    first ??= fault;
    options.onSkip(fault);
  };
  for (const tar of options.tars) refuseUrl('readLaion', tar);
  for (const tar of options.tars) {
    const { record, reused } = await extractLaionTar(tar, options.images, {
      ...(maxEntryBytes === undefined ? {} : { maxEntryBytes }),
      ...(captions === undefined ? {} : { captions }),
      ...(check === undefined ? {} : { check }),
      ...(signal === undefined ? {} : { signal }),
    });
    for (const fault of record.skipped) skip({ ...fault, file: tar });
    options.onProgress?.({ tar, samples: record.samples.length, reused });
    for (const sample of record.samples) {
      const { id, image, width, height, caption } = sample;
      const fault = ids.has(id)
        ? ({ reason: 'duplicate-id', detail: 'a sample of this key exists' } as const)
        : refuse(fieldsOf(sample));
      if (fault) {
        skip({ file: tar, id, ...fault });
        continue;
      }
      ids.add(id);
      count++;
      const path = join(options.images, image);
      yield { id, image: path, width, height, ...(caption === undefined ? {} : { caption }), regions: [] };
    }
  }
  if (count === 0)
    throw new FgamError(
      'data/empty',
      `readLaion: expected samples in ${options.tars.length} tars, none was left` +
        (first ? `; the first fault: ${first.reason}: ${first.detail}` : ''),
    );
}

function fieldsOf({ width, height, caption, metadata }: LaionRecord['samples'][number]): LaionFields {
  const named = new Map(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
  const [url, similarity, nsfw] = [named.get('url'), named.get('similarity'), named.get('nsfw')];
  return {
    width,
    height,
    ...(caption === undefined ? {} : { caption }),
    ...(typeof url === 'string' ? { url } : {}),
    ...(typeof similarity === 'number' ? { similarity } : {}),
    ...(typeof nsfw === 'string' ? { nsfw } : {}),
  };
}
