import { join } from 'node:path';
import { buildShards, countSkips, readSkips, type Skip } from '@fgam/data';
import {
  type ClipScorer,
  createClipScorer,
  type Dropped,
  type FilteredTexts,
  filterSamples,
  type SampleFilter,
  WEIGHTS_TYPES,
  type WeightsType,
} from '@fgam/label';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { withProgress } from '../progress.js';
import { usageError } from '../usage-error.js';
import { positiveNumber, wholeNumber } from '../whole-number.js';
import { refuseSameFolder } from './refuse-same-folder.js';
import { removePartials } from './remove-partials.js';
import { checkFolder, claimedWithFirst, type FolderSettings } from './settings-file.js';
import { openShardSource, type ShardSource } from './shard-samples.js';
import { skipsInWords } from './skips-in-words.js';
import { CACHE_FOLDER, IMAGES_FOLDER } from './work-folders.js';

interface FilterOptions extends CommonOptions {
  readonly minWidth?: number;
  readonly minHeight?: number;
  readonly maxAspect?: number;
  readonly minWords?: number;
  readonly maxWords?: number;
  readonly clip?: string;
  readonly minClipScore?: number;
  readonly texts: FilteredTexts;
  readonly weights?: WeightsType;
  readonly modelCache?: string;
  readonly cache?: string;
  readonly maxSkips?: number;
  readonly out: string;
  readonly overwrite?: boolean;
}

/** Beside the shards: what they were filtered by. */
const SETTINGS_FILE = 'filter.json';

/** `fgam data filter`: leaves out images and texts of shards by size, shape, length and CLIP score. */
export function addDataFilterCommand(data: Command): void {
  data
    .command('filter')
    .description(
      'leave out images, captions and regions by size, shape, length and CLIP score; writes shards',
    )
    .argument('<source>', 'folder of shards')
    .option('--min-width <pixels>', 'least width of an image', wholeNumber)
    .option('--min-height <pixels>', 'least height of an image', wholeNumber)
    .option('--max-aspect <ratio>', 'greatest ratio of its sides, from 1', ratio)
    .option('--min-words <n>', 'fewest words of a text', wholeNumber)
    .option('--max-words <n>', 'most words of a text', positiveNumber)
    .option('--clip <folder|id>', 'CLIP in ONNX, as transformers.js loads it; a folder, or an id on the hub')
    .option('--min-clip-score <cosine>', 'least cosine of a text and its picture, -1 to 1', cosine)
    .addOption(
      new Option('--texts <which>', 'texts that are looked at')
        .choices(['captions', 'descriptions', 'both'])
        .default('both'),
    )
    .addOption(
      new Option('--weights <form>', "form of CLIP's weights (default: fp32)").choices(WEIGHTS_TYPES),
    )
    .option('--model-cache <folder>', 'where models of the hub are kept (default: ~/.cache/fgam/models)')
    .option('--cache <folder>', 'remember scores (default: OUT/.cache)')
    .option(
      '--max-skips <n>',
      'most images that may be left out because shards cannot hold them (default: no limit)',
      wholeNumber,
    )
    .requiredOption('--out <folder>', 'folder of shards to write')
    .option('--overwrite', 'replace shards that were filtered by other limits')
    .action((source: string, options: FilterOptions, command: Command) => {
      const { clip, minClipScore } = options;
      refuseSameFolder(command, source, options.out);
      if ((clip === undefined) !== (minClipScore === undefined))
        usageError(command, 'expected --clip and --min-clip-score together, got one of them');
      if (Object.keys(limitsOf(options)).length === 0 && clip === undefined)
        usageError(command, 'expected a limit, such as --min-width 128, got none');
      return interruptible((signal) => filter(source, options, signal));
    });
}

async function filter(source: string, options: FilterOptions, signal: AbortSignal): Promise<void> {
  const { out, clip, minClipScore, weights, modelCache } = options;
  const limits = limitsOf(options);
  const shards = await openShardSource(source, join(out, IMAGES_FOLDER));
  let scorer: ClipScorer | undefined;
  try {
    if (clip !== undefined)
      scorer = await createClipScorer({
        ...{ model: clip, cache: options.cache ?? join(out, CACHE_FOLDER) },
        ...(weights === undefined ? {} : { weights }),
        ...(modelCache === undefined ? {} : { modelCache }),
      });
    const model = scorer && { clip: scorer.name, modelSha256: scorer.modelSha256, minClipScore };
    const claim: FolderSettings = {
      ...{ out, file: SETTINGS_FILE, settings: { texts: options.texts, ...limits, ...model } },
      ...{ replace: options.overwrite ?? false, option: '--overwrite' },
    };
    await checkFolder(claim);
    const by = {
      ...{ ...limits, texts: options.texts, signal },
      ...(scorer === undefined || minClipScore === undefined
        ? {}
        : { clip: { scorer, minScore: minClipScore } }),
    };
    await writeFiltered(shards, by, claim, options);
  } finally {
    await scorer?.release();
    await shards.close();
  }
}

async function writeFiltered(
  shards: ShardSource,
  filterBy: SampleFilter,
  claim: FolderSettings,
  options: FilterOptions,
): Promise<void> {
  const { out, replace } = claim;
  const { maxSkips } = options;
  const skipped: Skip[] = [];
  const dropped = { sample: [] as Skip[], caption: [] as Skip[], region: [] as Skip[] };
  const onDrop = ({ what, sample, region, reason, detail }: Dropped): void => {
    const file = shards.nameOf(sample);
    const id = region === undefined ? sample.id : `${sample.id}/${region}`;
    const said = `${what === 'sample' ? '' : `${what}: `}${detail.replaceAll(sample.image, file)}`;
    const skip = { file, id, reason, detail: said };
    skipped.push(skip);
    dropped[what].push(skip);
    if (what === 'sample') shards.leave(sample);
  };
  const manifest = await withProgress('images filtered', shards.total, async (onProgress) => {
    let taken = 0;
    async function* counted() {
      for await (const sample of shards.samples) {
        onProgress(++taken);
        yield sample;
      }
    }
    const kept = filterSamples(counted(), { ...filterBy, onDrop });
    await removePartials(out);
    return buildShards({
      ...{ out, skipped, seed: options.seed, overwrite: replace },
      ...(maxSkips === undefined ? {} : { maxSkips }),
      ...(filterBy.signal ? { signal: filterBy.signal } : {}),
      ...shards.into(claimedWithFirst(kept, claim)),
    });
  });
  const skips = await readSkips(join(out, 'skipped.jsonl'));
  printResult(
    options,
    {
      ...{ out, ...manifest },
      skips: countSkips(skips),
      dropped: {
        samples: countSkips(dropped.sample),
        captions: countSkips(dropped.caption),
        regions: countSkips(dropped.region),
      },
    },
    `${manifest.samples} of ${shards.total} images with ${manifest.regions} of ${shards.regions} regions in ${out}${skipsInWords(skips)}`,
  );
}

function limitsOf({ minWidth, minHeight, maxAspect, minWords, maxWords }: FilterOptions) {
  return {
    ...(minWidth === undefined ? {} : { minWidth }),
    ...(minHeight === undefined ? {} : { minHeight }),
    ...(maxAspect === undefined ? {} : { maxAspect }),
    ...(minWords === undefined ? {} : { minWords }),
    ...(maxWords === undefined ? {} : { maxWords }),
  };
}

function ratio(text: string): number {
  return numberWithin(text, 1, Number.MAX_VALUE);
}

function cosine(text: string): number {
  return numberWithin(text, -1, 1);
}

function numberWithin(text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new InvalidArgumentError(
      `expected a number from ${least}${most === Number.MAX_VALUE ? '' : ` to ${most}`}`,
    );
  return value;
}
