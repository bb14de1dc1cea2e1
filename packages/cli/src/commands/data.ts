import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  buildShards,
  countSkips,
  FgamError,
  readScenes,
  readShardManifest,
  readShards,
  readVisualGenome,
  type RegionSample,
  type Skip,
  streamCoco,
  writeScenes,
} from '@fgam/data';
import { type Command, Option } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult, say } from '../output.js';
import { withProgress } from '../progress.js';
import { positiveNumber, shareBelowOne, wholeNumber } from '../whole-number.js';

interface BuildOptions extends CommonOptions {
  readonly from: 'coco' | 'visual-genome' | 'scenes';
  readonly out: string;
  readonly count: number;
  readonly split: 'train' | 'validation' | 'test';
  readonly imageSize?: number;
  readonly imagesPerShard: number;
  readonly validation: number;
  readonly maxSkips?: number;
  readonly overwrite?: boolean;
  readonly captions?: string;
  readonly images?: string;
}

/** `fgam data build|inspect`: region-text shards from annotations, and what a folder of shards holds. */
export function addDataCommands(program: Command): void {
  const data = program.command('data').description('region-text shards: build and inspect them');
  data
    .command('build')
    .description('build region-text shards, or generate a folder of scenes')
    .argument(
      '[source]',
      'COCO: instances JSON; Visual Genome: folder of its JSON files; scenes: none, or a scenes folder',
    )
    .addOption(
      new Option('--from <format>', 'format of the source')
        .choices(['coco', 'visual-genome', 'scenes'])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'folder to write')
    .option(
      '--captions <file>',
      'COCO: captions JSON (default: captions_* beside the instances file, if there)',
    )
    .option('--images <folder>', 'folder of the images')
    .option('--count <n>', 'scenes: how many to generate', wholeNumber, 1000)
    .addOption(
      new Option('--split <name>', 'scenes: which split')
        .choices(['train', 'validation', 'test'])
        .default('train'),
    )
    .option('--image-size <n>', 'side in pixels to which images are stretched', positiveNumber)
    .option('--images-per-shard <n>', 'images a shard', wholeNumber, 5000)
    .option('--validation <share>', 'share of samples held out, from 0 to below 1', shareBelowOne, 0.1)
    .option('--max-skips <n>', 'most records that may be left out', wholeNumber)
    .option('--overwrite', 'replace shards that were built with other options')
    .action(async (source: string | undefined, options: BuildOptions) => {
      if (options.from === 'scenes' && source === undefined)
        return interruptible((signal) => generateScenes(options, signal));
      if (source === undefined)
        throw new FgamError('data/bad-config', `fgam data build: --from ${options.from} needs a source`);
      return interruptible(async (signal) => {
        const found = await readSource(source, options, signal);
        return build(found, options, signal);
      });
    });
  data
    .command('inspect')
    .description('statistics of a folder of shards; checks their SHA-256')
    .argument('<folder>', 'folder of shards')
    .action(inspect);
}

async function generateScenes(options: BuildOptions, signal: AbortSignal): Promise<void> {
  const { out, count, seed, split, imageSize } = options;
  const summary = await withProgress('scenes', count, (onProgress) =>
    writeScenes({
      ...{ out, count, seed, split, signal, onProgress },
      ...(imageSize === undefined ? {} : { imageSize }),
    }),
  );
  const { images, objects } = summary.counts;
  printResult(
    options,
    summary,
    `${images} scenes with ${objects} objects in ${out}${summary.reused ? ' (kept)' : ''}`,
  );
}

/** What is built from. */
interface Source {
  readonly samples: Iterable<RegionSample>;
  readonly count: number;
  readonly skipped: readonly Skip[];
}

async function readSource(source: string, options: BuildOptions, signal: AbortSignal): Promise<Source> {
  const skips = { signal, ...(options.maxSkips === undefined ? {} : { maxSkips: options.maxSkips }) };
  switch (options.from) {
    case 'coco': {
      const split = basename(source, '.json').replace(/^instances_?/, '');
      const images = options.images ?? join(dirname(dirname(source)), split === '' ? 'images' : split);
      const captions = options.captions ?? captionsBeside(source);
      return streamCoco({
        instances: source,
        ...(captions === undefined ? {} : { captions }),
        images,
        check: 'decode',
        ...skips,
      });
    }
    case 'visual-genome': {
      const found = await readVisualGenome({
        imageData: join(source, 'image_data.json'),
        regionDescriptions: join(source, 'region_descriptions.json'),
        images: options.images ?? join(source, 'images'),
        check: 'decode',
        ...skips,
      });
      return { ...found, count: found.samples.length };
    }
    case 'scenes': {
      const found = await readScenes(source, skips);
      return { ...found, count: found.samples.length };
    }
  }
}

/** `captions_train2017.json` beside `instances_train2017.json`, where it is there. */
function captionsBeside(instances: string): string | undefined {
  const name = basename(instances);
  if (!name.startsWith('instances')) return undefined;
  const path = join(dirname(instances), name.replace('instances', 'captions'));
  return existsSync(path) ? path : undefined;
}

async function build(
  { samples, count, skipped }: Source,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<void> {
  const { out, imageSize, imagesPerShard, validation, seed, maxSkips, overwrite = false } = options;
  const manifest = await buildShards({
    samples,
    skipped,
    out,
    imagesPerShard,
    validation,
    seed,
    overwrite,
    signal,
    ...(imageSize === undefined ? {} : { imageSize }),
    ...(maxSkips === undefined ? {} : { maxSkips }),
    onProgress: ({ shard, samples: written, reused }) =>
      say(`${shard}: ${written} samples${reused ? ' (kept)' : ''}`),
  });
  const left = Object.entries(countSkips(skipped)).map(([reason, count]) => `${reason} ${count}`);
  const skips = left.length > 0 ? `; skipped: ${left.join(', ')} (skipped.jsonl)` : '';
  printResult(options, manifest, `shards of ${count} images in ${out}${skips}`);
}

async function inspect(folder: string, options: CommonOptions): Promise<void> {
  const manifest = await readShardManifest(folder);
  const splits = { train: 0, validation: 0 };
  const labels = new Map<string, number>();
  let regions = 0;
  let captions = 0;
  for await (const { sample, split } of readShards(folder, { verify: true })) {
    splits[split] += 1;
    if (sample.caption !== undefined) captions += 1;
    regions += sample.regions.length;
    for (const { label } of sample.regions) labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  const frequent = [...labels].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 10);
  const result = {
    folder,
    shards: manifest.shards.length,
    ...splits,
    regions,
    captions,
    labels: labels.size,
    frequent,
  };
  const top = frequent.map(([label, count]) => `${label} ${count}`).join(', ');
  printResult(
    options,
    result,
    `${result.shards} shards, ${splits.train} training and ${splits.validation} validation images, ${regions} regions, ` +
      `${captions} captions, ${labels.size} labels (${top})`,
  );
}
