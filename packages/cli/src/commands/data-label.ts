import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildShards,
  type BuildShardsOptions,
  countSkips,
  FgamError,
  isFgamError,
  readImageFolder,
  readSkips,
  type RegionSample,
  type Skip,
  SkipList,
} from '@fgam/data';
import { createGroundingDino, type GroundingDino, labelSample } from '@fgam/label';
import type { Command } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { withProgress } from '../progress.js';
import { usageError } from '../usage-error.js';
import { shareBelowOne, wholeNumber } from '../whole-number.js';
import { refuseSameFolder } from './refuse-same-folder.js';
import { removePartials } from './remove-partials.js';
import { skipsInWords } from './skips-in-words.js';
import { checkFolder, claimedWithFirst, type FolderSettings } from './settings-file.js';
import { openShardSource, type ShardSource } from './shard-samples.js';
import { CACHE_FOLDER, IMAGES_FOLDER } from './work-folders.js';

interface LabelOptions extends CommonOptions {
  readonly model: string;
  readonly weights?: string;
  readonly phrases: string;
  readonly boxThreshold: number;
  readonly textThreshold: number;
  readonly cache?: string;
  readonly maxSkips?: number;
  readonly out: string;
  readonly replace?: boolean;
}

/** Beside the shards: what made their labels. */
const SETTINGS_FILE = 'labels.json';

/** `fgam data label`: regions for phrases in images, by a detector in a folder. */
export function addDataLabelCommand(data: Command): void {
  data
    .command('label')
    .description('find phrases in images by Grounding DINO; writes region-text shards')
    .argument('<source>', 'folder of shards (their annotations stay), or of images, with those in it')
    .requiredOption('--model <folder>', 'folder of Grounding DINO in ONNX, as on the Hugging Face hub')
    .option('--weights <file>', 'ONNX file in that folder (default: onnx/model.onnx)')
    .requiredOption('--phrases <file|list>', 'a file with one phrase a line, or "a cat,a red car"')
    .option('--box-threshold <p>', 'least probability of a box', shareBelowOne, 0.35)
    .option('--text-threshold <p>', 'least probability of the phrase', shareBelowOne, 0.25)
    .option('--cache <folder>', 'remember what was found in an image (default: OUT/.cache)')
    .option('--max-skips <n>', 'most images that may be left out (default: no limit)', wholeNumber)
    .option('--replace', 'replace labels that were made with other settings')
    .requiredOption('--out <folder>', 'folder of shards to write')
    .action(async (source: string, options: LabelOptions, command: Command) => {
      refuseSameFolder(command, source, options.out);
      const phrases = await readPhrases(options.phrases, command);
      return interruptible((signal) => label(source, phrases, { options, signal }));
    });
}

async function label(
  source: string,
  phrases: readonly string[],
  { options, signal }: { readonly options: LabelOptions; readonly signal: AbortSignal },
): Promise<void> {
  const { out, replace = false, boxThreshold, textThreshold, model, weights, maxSkips } = options;
  const detector = await createGroundingDino({
    ...{ folder: model, boxThreshold, textThreshold, cache: options.cache ?? join(out, CACHE_FOLDER) },
    ...(weights === undefined ? {} : { weights }),
  });
  let opened: Source | undefined;
  try {
    opened = await openSource(source, join(out, IMAGES_FOLDER), signal);
    const found = opened;
    const claim: FolderSettings = {
      ...{ out, file: SETTINGS_FILE, settings: detector.provenance(phrases) },
      ...{ replace, option: '--replace' },
    };
    await checkFolder(claim);
    await removePartials(out);
    const skips = new SkipList('fgam data label', maxSkips);
    for (const { file, id, reason, detail } of found.unread) skips.add(file, id, reason, detail);
    const manifest = await withProgress('images labelled', found.total, (onProgress) => {
      const labelled = labelAll(found, {
        detector,
        phrases,
        replace,
        skips,
        signal,
        onProgress,
      });
      return buildShards({
        ...(maxSkips === undefined ? {} : { maxSkips }),
        ...{ skipped: skips.skips, out, signal, overwrite: replace, seed: options.seed },
        ...found.into(claimedWithFirst(labelled, claim)),
      });
    });
    const all = await readSkips(join(out, 'skipped.jsonl'));
    printResult(
      options,
      { out, ...manifest, skips: countSkips(all) },
      `${manifest.samples} images with ${manifest.regions} regions in ${out}${skipsInWords(all)}`,
    );
  } finally {
    await detector.release();
    await opened?.close();
  }
}

/** The phrases of a file, or of a list. @throws as `usageError` for a list of none; FgamError `data/empty` of a file */
async function readPhrases(given: string, command: Command): Promise<string[]> {
  const found = statSync(given, { throwIfNoEntry: false });
  const file = found?.isFile() ? await readFile(given, 'utf8') : '';
  const text = found === undefined ? given.replaceAll(',', '\n') : file;
  const phrases = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (phrases.length > 0) return phrases;
  if (found === undefined)
    usageError(
      command,
      `expected --phrases to be a file with phrases, or phrases, got ${JSON.stringify(given)}`,
    );
  throw new FgamError(
    'data/empty',
    `fgam data label: expected a file with phrases, or phrases, got ${JSON.stringify(given)}`,
  );
}

/** Images to label; see `ShardSource`. */
interface Source extends Pick<ShardSource, 'total' | 'nameOf' | 'leave' | 'close'> {
  readonly samples: AsyncIterable<RegionSample> | Iterable<RegionSample>;
  into(samples: AsyncIterable<RegionSample>): Pick<BuildShardsOptions, 'samples'>;
  /** What could not be read. */
  readonly unread: readonly Skip[];
}

/** The samples of shards, or one sample without regions for each image of a folder. */
async function openSource(source: string, images: string, signal: AbortSignal): Promise<Source> {
  if (existsSync(join(source, 'manifest.json')))
    return { ...(await openShardSource(source, images)), unread: [] };
  const { samples, skipped } = await readImageFolder({ folder: source, check: 'header', signal });
  return {
    ...{ samples, total: samples.length, unread: skipped },
    nameOf: ({ image }) => image,
    leave: () => undefined,
    into: (labelled) => ({ samples: labelled }),
    close: async () => undefined,
  };
}

async function* labelAll(
  source: Source,
  work: {
    readonly detector: GroundingDino;
    readonly phrases: readonly string[];
    readonly replace: boolean;
    readonly skips: SkipList;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number) => void;
  },
): AsyncGenerator<RegionSample> {
  const { detector, phrases, replace, skips, signal } = work;
  const provenance = detector.provenance(phrases);
  let done = 0;
  for await (const sample of source.samples) {
    const { id, image } = sample;
    try {
      const [detections = []] = await detector.detect([{ image, phrases }], { signal });
      yield labelSample(sample, { detections, provenance, replace });
    } catch (error) {
      if (!(isFgamError(error) && /\/(bad-image|missing-file)$/.test(error.code))) throw error;
      const reason = error.code.endsWith('missing-file') ? 'missing-image' : 'bad-image';
      const file = source.nameOf(sample);
      skips.add(file, id, reason, error.message.replaceAll(image, file));
      source.leave(sample);
    }
    work.onProgress(++done);
  }
}
