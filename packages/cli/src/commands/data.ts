import { join } from 'node:path';
import {
  buildShards,
  countSkips,
  type DuplicateGroup,
  findDuplicates,
  readSkips,
  type RegionSample,
  writeScenes,
} from '@fgam/data';
import type { QueuePlace } from '@fgam/data/bullmq';
import { type Command, Option } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult, say } from '../output.js';
import { withProgress } from '../progress.js';
import { addDataDescribeCommand } from './data-describe.js';
import { addDataFilterCommand } from './data-filter.js';
import { addDataInspectCommand } from './data-inspect.js';
import { addDataLintCommand } from './data-lint.js';
import { addDataQuestionsCommand } from './data-questions.js';
import {
  hasOwnSplits,
  readSource,
  SOURCE_FORMATS,
  type SourceData,
  type SourceOptions,
} from './data-source.js';
import { addSourceOptions, refuseForeignOptions } from './data-source-options.js';
import { leftOutInWords } from './left-out-in-words.js';
import { refuseGivenOptions } from './refuse-given-options.js';
import { forgetSettings } from './settings-file.js';
import { skipsInWords } from './skips-in-words.js';
import { addDataTrajectoriesCommand } from './data-trajectories.js';
import { addDataWorkCommand } from './data-work.js';
import { queuePlace, reportQueue } from './shard-queue-place.js';
import { usageError } from '../usage-error.js';
import { positiveNumber, shareBelowOne, wholeNumber } from '../whole-number.js';
import { addDataLabelCommand } from './data-label.js';

interface BuildOptions extends CommonOptions, SourceOptions {
  readonly count: number;
  readonly split: 'train' | 'validation' | 'test';
  readonly imageSize?: number;
  readonly imagesPerShard: number;
  readonly validation: number;
  readonly duplicates?: 'drop' | 'one-split';
  readonly overwrite?: boolean;
  readonly queue?: string;
  readonly queueName?: string;
  readonly attempts: number;
}

/** Options of scenes that are generated. */
const OF_GENERATED = ['count', 'split'] satisfies (keyof BuildOptions)[];
/** Options of shards, which generated scenes are not yet. */
const OF_SHARDS = [
  'imagesPerShard',
  'validation',
  'maxSkips',
  'duplicates',
  'overwrite',
  'queue',
  'queueName',
  'attempts',
] satisfies (keyof BuildOptions)[];

/**
 * `fgam data build|work|label|describe|filter|inspect|lint|questions|trajectories`: region-text shards from
 * annotations, a detector or a language model, workers that build them, what a folder of shards holds, what
 * in it contradicts itself; questions and correction trajectories.
 */
export function addDataCommands(program: Command): void {
  const data = program.command('data').description('region-text shards: build, label and inspect them');
  const build = data
    .command('build')
    .description('build region-text shards, or generate a folder of scenes')
    .argument(
      '[source]',
      'COCO: instances JSON; Visual Genome: folder of its JSON files; scenes: none, or a scenes folder; images: their folder; LAION: tars of img2dataset, or one; ' +
        'Flickr30k: folder of Sentences and Annotations; RefCOCO: refs as JSON; YOLO: data.yaml; LLaVA-Instruct, ShareGPT4V: their JSON',
    )
    .addOption(
      new Option('--from <format>', 'format of the source')
        .choices([...SOURCE_FORMATS])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'folder to write');
  addSourceOptions(build)
    .option('--count <n>', 'scenes without a source: how many to generate', positiveNumber, 1000)
    .addOption(
      new Option('--split <name>', 'scenes without a source: which split')
        .choices(['train', 'validation', 'test'])
        .default('train'),
    )
    .option('--image-size <n>', 'side in pixels to which images are stretched', positiveNumber)
    .option('--images-per-shard <n>', 'images a shard', positiveNumber, 5000)
    .option('--validation <share>', 'share of samples held out, from 0 to below 1', shareBelowOne, 0.1)
    .option('--max-skips <n>', 'most records that may be left out (default: no limit)', wholeNumber)
    .addOption(
      new Option(
        '--duplicates <mode>',
        'look for images that show one photo: keep the first, or keep all in one split (default: not looked for)',
      ).choices(['drop', 'one-split']),
    )
    .option('--overwrite', 'replace shards that were built with other options')
    .option(
      '--queue <redis>',
      'hand the shards to workers (fgam data work) by a Redis server, such as redis://localhost:6379/0 (default: built here)',
    )
    .option('--queue-name <name>', "the queue's name (default: told by the path of --out)")
    .option('--attempts <n>', 'with --queue: times that a shard is tried', positiveNumber, 3)
    .action(buildData);
  addDataWorkCommand(data);
  addDataLabelCommand(data);
  addDataDescribeCommand(data);
  addDataFilterCommand(data);
  addDataInspectCommand(data);
  addDataLintCommand(data);
  addDataQuestionsCommand(data);
  addDataTrajectoriesCommand(data);
}

async function buildData(source: string | undefined, options: BuildOptions, command: Command): Promise<void> {
  const { from, queue } = options;
  if (queue === undefined) refuseGivenOptions(command, ['queueName', 'attempts'], 'a build without --queue');
  refuseForeignOptions(options, command);
  if (from === 'scenes' && source === undefined) {
    refuseGivenOptions(command, OF_SHARDS, 'generated scenes');
    return interruptible((signal) => generateScenes(options, signal));
  }
  if (source === undefined) usageError(command, `expected a source with --from ${from}, got none`);
  refuseGivenOptions(command, OF_GENERATED, 'shards of a source');
  if (hasOwnSplits(options)) {
    refuseGivenOptions(command, ['validation'], `a source whose official splits are kept (${from})`);
    if (options.duplicates === 'one-split')
      usageError(
        command,
        `expected --duplicates drop: one-split would move samples out of ${from}'s official splits`,
      );
  }
  const place = queue === undefined ? undefined : await queuePlace(queue, options, command);
  return interruptible(async (signal) => {
    const found = await readSource(source, options, { command, signal });
    return buildFrom(found, options, { signal, place });
  });
}

/** Loaded only where it is asked for: most commands need no queue. */
async function openQueue(place: QueuePlace, { attempts }: BuildOptions) {
  const { createBullQueue, redisInWords } = await import('@fgam/data/bullmq');
  return createBullQueue({ ...place, attempts, ...reportQueue(place, redisInWords(place)) });
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
    { ...summary, skips: {} },
    `${images} scenes with ${objects} objects in ${out}${summary.reused ? ' (kept)' : ''}`,
  );
}

interface BuildWith {
  readonly signal: AbortSignal;
  /** Default: the shards are built here. */
  readonly place: QueuePlace | undefined;
}

async function buildFrom(
  { samples, skipped, splitOf, leftOut }: SourceData,
  options: BuildOptions,
  { signal, place }: BuildWith,
): Promise<void> {
  const { out, imageSize, imagesPerShard, validation, seed, maxSkips, overwrite = false } = options;
  const { duplicates: mode } = options;
  const groups = mode === undefined ? [] : await duplicatesOf(samples, signal);
  const queue = place === undefined ? undefined : await openQueue(place, options);
  let manifest;
  try {
    manifest = await buildShards({
      ...(queue ? { queue } : {}),
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
      ...(mode === undefined ? {} : { duplicates: { groups, mode } }),
      ...(splitOf === undefined ? {} : { splitOf }),
      onProgress: ({ shard, samples: written, reused }) =>
        say(`${shard}: ${written} samples${reused ? ' (kept)' : ''}`),
    });
  } finally {
    await queue?.close();
  }
  await forgetSettings(out);
  const same = groups.length > 0 ? `; ${groups.length} photos are there more than once` : '';
  const skips = await readSkips(join(out, 'skipped.jsonl'));
  printResult(
    options,
    { out, ...manifest, skips: countSkips(skips), leftOut },
    `shards of ${manifest.samples} images in ${out}${same}${skipsInWords(skips)}${leftOutInWords(leftOut)}`,
  );
}

async function duplicatesOf(
  samples: SourceData['samples'],
  signal: AbortSignal,
): Promise<readonly DuplicateGroup[]> {
  const pictures: RegionSample[] = [];
  for await (const sample of samples) pictures.push({ ...sample, regions: [] });
  const { groups } = await withProgress('images compared', pictures.length, (onProgress) =>
    findDuplicates(pictures, { signal, onProgress }),
  );
  return groups;
}
