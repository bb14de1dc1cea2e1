import { basename, dirname, posix } from 'node:path';
import { BOX_TOLERANCE_PIXELS } from './box.js';
import { FgamError } from './error.js';
import { folderNames } from './folder-names.js';
import { type ImageCheck, lookAtImage } from './image-file.js';
import { incompleteLabels } from './incomplete-labels.js';
import { filesInside } from './inside-folder.js';
import { mapBounded } from './map-bounded.js';
import type { ImageSize, Region, RegionSample } from './records.js';
import { type Skip, SkipList } from './skips.js';
import { readSmallText } from './small-text.js';
import { withArticle } from './with-article.js';
import { readYoloConfig, type YoloConfig } from './yolo-config.js';
import { yoloImages, yoloLabelName } from './yolo-images.js';
import { parseYoloLabel } from './yolo-label.js';
import type { ReaderOptions } from './reader-options.js';

/** Options of `readYolo`. */
export interface ReadYoloOptions extends ReaderOptions {
  /** Path of `data.yaml`. */
  readonly data: string;
  /** Which of its folders of images. Default `train`. */
  readonly split?: 'train' | 'val' | 'test';
  /** Folder that everything lies in, instead of `path` in data.yaml (which must not lead out of data.yaml's folder). */
  readonly root?: string;
  /** How image files are looked at; the size is always read, since labels do not tell it. Default `decode`. */
  readonly check?: Exclude<ImageCheck, 'none'>;
  /** Pixels that a box may reach over the edge; what reaches over is clipped. Default 1. */
  readonly tolerance?: number;
  /** The text of a region by its class. Default with its article: `an apple`. */
  readonly describe?: (category: string) => string;
}

/** What `readYolo` found. */
export interface YoloData {
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
  /** The names of the classes, by their numbers. */
  readonly names: ReadonlyMap<number, string>;
  /** Samples that have no label file: pictures without an object. No fault. */
  readonly withoutLabels: number;
}

/**
 * Reads a YOLO data set: `data.yaml`, images, and a label file an image with lines `class cx cy w h` or
 * polygons `class x y x y ...` in fractions. `x0 = cx - w / 2`, clipped where it reaches at most
 * `tolerance` pixels over the edge.
 *
 * A sample's id is the image's name within the root, a region's `<id>#<line>`; its label is the class, its
 * description the same with an article. Everything must lie in the root, by default `path` within data.yaml's
 * folder. The `download` of a data.yaml is never run.
 *
 * @throws FgamError `data/missing-file`; `data/bad-record` for a broken data.yaml; `data/empty` where no image is left;
 *   `data/path-escape`; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readYolo } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'yolo-'));
 * for (const name of ['images', 'labels']) await mkdir(join(folder, name));
 * const image = sharp({ create: { width: 8, height: 4, channels: 3, background: '#f00' } });
 * await image.png().toFile(join(folder, 'images', 'a.png'));
 * await writeFile(join(folder, 'labels', 'a.txt'), '1 0.5 0.5 0.5 1\n');
 * await writeFile(join(folder, 'data.yaml'), 'train: images\nnames: [person, apple]\n');
 * const { samples } = await readYolo({ data: join(folder, 'data.yaml') });
 * const [region] = samples[0]?.regions ?? [];
 * if (region?.description !== 'an apple' || region.box.x0 !== 0.25) throw new Error(JSON.stringify(samples));
 * ```
 */
export async function readYolo(options: ReadYoloOptions): Promise<YoloData> {
  const fn = 'readYolo';
  const { data, split = 'train', check = 'decode', tolerance = BOX_TOLERANCE_PIXELS } = options;
  const skips = new SkipList(fn, options.maxSkips);
  const config = await readYoloConfig(fn, data);
  const places = config[split];
  if (!places)
    throw new FgamError('data/bad-config', `${fn}: expected a folder for ${split} in ${data}, got none`);
  const root = options.root ?? (await rootOf(data, config));
  const find = filesInside(root);

  const images = new Set<string>();
  for (const place of places)
    for (const name of await yoloImages(fn, { root, place, find }))
      if (images.has(name)) skips.add(data, name, 'duplicate-id', `${split} names the image twice`);
      else images.add(name);

  let done = 0;
  const looked = await mapBounded([...images], 8, async (id) => {
    options.signal?.throwIfAborted();
    const { path } = await find(id);
    const label = await find(yoloLabelName(id));
    const look = await lookAtImage(path, check);
    const text = 'size' in look && label.exists ? await readSmallText(label.path) : undefined;
    options.onProgress?.(++done, images.size);
    return { id, path, look, file: label.path, text };
  });
  const samples: RegionSample[] = [];
  let withoutLabels = 0;
  for (const { id, path, look, file, text } of looked) {
    if ('fault' in look) skips.add(path, id, look.fault.reason, look.fault.detail);
    else if (typeof text === 'object') skips.add(file, id, 'bad-record', text.problem);
    else {
      if (text === undefined) withoutLabels++;
      const regions = regionsOf(text ?? '', { id, file, size: look.size, config, tolerance, skips, options });
      samples.push({ id, image: path, ...look.size, ...regions });
    }
  }
  if (places.every((place) => !place.endsWith('.txt'))) await addLabelsWithoutImage(root, images, skips);
  if (samples.length === 0)
    throw new FgamError(
      'data/empty',
      `${fn}: expected usable images of ${split} in ${root}, got none of ${images.size}; the first fault: ` +
        (skips.skips[0]?.detail ?? 'none'),
    );
  return { samples, skipped: skips.skips, names: config.names, withoutLabels };
}

async function rootOf(data: string, { path }: YoloConfig): Promise<string> {
  if (!path || /^\.[/\\]?$/.test(path)) return dirname(data);
  try {
    return (await filesInside(dirname(data))(path)).path;
  } catch (cause) {
    throw new FgamError(
      'data/path-escape',
      `readYolo: expected path in ${data} to stay in its folder, got ${JSON.stringify(path)}; ` +
        'give the folder of the data set as root',
      { cause },
    );
  }
}

function regionsOf(
  text: string,
  at: {
    readonly id: string;
    readonly file: string;
    readonly size: ImageSize;
    readonly config: YoloConfig;
    readonly tolerance: number;
    readonly skips: SkipList;
    readonly options: ReadYoloOptions;
  },
): Pick<RegionSample, 'regions' | 'incomplete'> {
  const { id, file, size, config, tolerance, skips } = at;
  const describe = at.options.describe ?? withArticle;
  const seen = new Set<string>();
  const leftOut = new Set<string | undefined>();
  const regions = text.split('\n').flatMap((raw, index): Region[] => {
    const line = raw.trim();
    if (line === '') return [];
    const region = `${id}#${index + 1}`;
    if (seen.has(line)) {
      skips.add(file, region, 'duplicate-id', 'the same line stands above');
      return [];
    }
    seen.add(line);
    const label = parseYoloLabel(line, size, tolerance);
    if ('reason' in label) {
      skips.add(file, region, label.reason, label.detail);
      leftOut.add(label.category === undefined ? undefined : config.names.get(label.category));
      return [];
    }
    const name = config.names.get(label.category);
    if (name === undefined) {
      skips.add(
        file,
        region,
        'unknown-category',
        `no class is ${label.category}; there are ${config.names.size}`,
      );
      leftOut.add(undefined);
      return [];
    }
    const { box, mask } = label;
    return [
      {
        id: region,
        box,
        ...(mask ? { mask } : {}),
        label: name,
        description: describe(name),
        source: 'yolo',
      },
    ];
  });
  return { regions, ...incompleteLabels(leftOut) };
}

/** Lists label files in folders that images have labels in, but no image of their name. */
async function addLabelsWithoutImage(
  root: string,
  images: ReadonlySet<string>,
  skips: SkipList,
): Promise<void> {
  const wanted = new Set([...images].map(yoloLabelName));
  for (const folder of new Set([...wanted].map((name) => posix.dirname(name)))) {
    const { path, exists } = folder === '.' ? { path: root, exists: true } : await filesInside(root)(folder);
    if (!exists) continue;
    for (const name of await folderNames('readYolo', path))
      if (name.endsWith('.txt') && name !== 'classes.txt' && !wanted.has(posix.join(folder, name)))
        skips.add(path, basename(name, '.txt'), 'missing-image', `no image belongs to ${name}`);
  }
}
