import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  buildShards,
  FgamError,
  isFgamError,
  readImageFolder,
  type RegionSample,
  type Skip,
} from '@fgam/data';
import { createGroundingDino, type GroundingDino, labelSample } from '@fgam/label';
import type { Command } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { withProgress } from '../progress.js';
import { shareBelowOne } from '../whole-number.js';
import { skipsInWords } from './skips-in-words.js';
import { claimFolder } from './settings-file.js';
import { openShardSource, type ShardSource } from './shard-samples.js';

interface LabelOptions extends CommonOptions {
  readonly model: string;
  readonly weights?: string;
  readonly phrases: string;
  readonly boxThreshold: number;
  readonly textThreshold: number;
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
    .option('--replace', 'replace labels that were made with other settings')
    .requiredOption('--out <folder>', 'folder of shards to write')
    .action((source: string, options: LabelOptions) =>
      interruptible((signal) => label(source, options, signal), 'the same command begins again'),
    );
}

async function label(source: string, options: LabelOptions, signal: AbortSignal): Promise<void> {
  const { out, replace = false, boxThreshold, textThreshold, model, weights } = options;
  if (resolve(out) === resolve(source))
    throw new FgamError(
      'data/bad-config',
      `fgam data label: expected --out to be another folder than ${source}`,
    );
  const phrases = await readPhrases(options.phrases);
  const detector = await createGroundingDino({
    ...{ folder: model, boxThreshold, textThreshold },
    ...(weights === undefined ? {} : { weights }),
  });
  const images = await mkdtemp(join(tmpdir(), 'fgam-label-'));
  try {
    const { samples, total, plan, left: unread } = await openSource(source, images, signal);
    await claimFolder({
      ...{ out, file: SETTINGS_FILE, settings: detector.provenance(phrases) },
      ...{ replace, option: '--replace' },
    });
    const skipped: Skip[] = [...unread];
    const manifest = await withProgress('images labelled', total, (onProgress) => {
      const labelled = labelAll(samples, { detector, phrases, replace, skipped, signal, onProgress });
      return buildShards({
        samples: labelled,
        skipped,
        out,
        signal,
        overwrite: replace,
        seed: options.seed,
        ...plan,
      });
    });
    printResult(
      options,
      manifest,
      `${manifest.samples} images with ${manifest.regions} regions in ${out}${skipsInWords(skipped)}`,
    );
  } finally {
    await detector.release();
    await rm(images, { recursive: true, force: true });
  }
}

async function readPhrases(given: string): Promise<string[]> {
  const found = statSync(given, { throwIfNoEntry: false });
  const file = found?.isFile() ? await readFile(given, 'utf8') : '';
  const text = found === undefined ? given.replaceAll(',', '\n') : file;
  const phrases = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (phrases.length > 0) return phrases;
  throw new FgamError(
    'data/empty',
    `fgam data label: expected a file with phrases, or phrases, got ${JSON.stringify(given)}`,
  );
}

interface Source {
  readonly samples: AsyncIterable<RegionSample> | Iterable<RegionSample>;
  readonly total: number;
  readonly plan: Partial<ShardSource['plan']>;
  /** What could not be read. */
  readonly left: readonly Skip[];
}

/** The samples of shards, whose images are laid in `folder`; or one sample without regions for each image of a folder. */
async function openSource(source: string, folder: string, signal: AbortSignal): Promise<Source> {
  if (existsSync(join(source, 'manifest.json')))
    return { ...(await openShardSource(source, folder)), left: [] };
  const { samples, skipped } = await readImageFolder({ folder: source, check: 'header', signal });
  return { samples, total: samples.length, plan: {}, left: skipped };
}

async function* labelAll(
  samples: Source['samples'],
  work: {
    readonly detector: GroundingDino;
    readonly phrases: readonly string[];
    readonly replace: boolean;
    readonly skipped: Skip[];
    readonly signal: AbortSignal;
    readonly onProgress: (done: number) => void;
  },
): AsyncGenerator<RegionSample> {
  const { detector, phrases, replace, skipped, signal } = work;
  const provenance = detector.provenance(phrases);
  let done = 0;
  for await (const sample of samples) {
    const { id, image } = sample;
    try {
      const [detections = []] = await detector.detect([{ image, phrases }], { signal });
      yield labelSample(sample, { detections, provenance, replace });
    } catch (error) {
      if (!(isFgamError(error) && /\/(bad-image|missing-file)$/.test(error.code))) throw error;
      const reason = error.code.endsWith('missing-file') ? 'missing-image' : 'bad-image';
      skipped.push({ file: image, id, reason, detail: error.message });
    }
    work.onProgress(++done);
  }
}
