import { REF_COCO_SPLITS } from '@fgam/data';
import { type Command, Option } from 'commander';
import { usageError } from '../usage-error.js';
import { decimal, namesOf, wholeNumber } from '../whole-number.js';
import type { SourceFormat, SourceOptions } from './data-source.js';

/** Options that are for some formats alone. */
const ONLY: Readonly<Partial<Record<keyof SourceOptions, readonly SourceFormat[]>>> = {
  captions: ['coco'],
  images: ['coco', 'visual-genome', 'laion', 'flickr30k', 'refcoco', 'llava-instruct', 'sharegpt4v'],
  instances: ['refcoco'],
  splits: ['refcoco', 'yolo'],
  keepShared: ['refcoco'],
  minSide: ['laion'],
  maxSide: ['laion'],
  maxAspect: ['laion'],
  minCaption: ['laion'],
  maxCaption: ['laion'],
  minSimilarity: ['laion'],
  nsfw: ['laion'],
  unique: ['laion'],
};

/** Adds the options by which `fgam data build` reads single formats. */
export function addSourceOptions(command: Command): Command {
  return command
    .option(
      '--captions <file>',
      'COCO: captions JSON (default: captions_* beside the instances file, if there)',
    )
    .option(
      '--images <folder>',
      'folder of the images; LAION: where they are taken out to (default: OUT-images)',
    )
    .option('--instances <file>', 'RefCOCO: COCO instances (default: instances.json beside the refs)')
    .addOption(
      new Option(
        '--splits <list>',
        'RefCOCO, YOLO: splits to read (default: train,val; YOLO: train); all but train are held out',
      ).argParser(namesOf(REF_COCO_SPLITS)),
    )
    .option(
      '--keep-shared',
      'RefCOCO: keep training references of photos that held-out references are about (default: left out)',
    )
    .option('--min-side <n>', 'LAION: least length of the shorter side, pixels', wholeNumber)
    .option('--max-side <n>', 'LAION: greatest length of the longer side, pixels', wholeNumber)
    .option('--max-aspect <ratio>', 'LAION: greatest ratio of the longer side to the shorter', decimal)
    .option('--min-caption <n>', 'LAION: least number of characters of a caption', wholeNumber)
    .option('--max-caption <n>', 'LAION: greatest number of characters of a caption', wholeNumber)
    .option('--min-similarity <cosine>', 'LAION: least similarity that the tars tell', decimal)
    .option('--nsfw <list>', 'LAION: values of NSFW that stay, such as UNLIKELY', listOf)
    .addOption(
      new Option(
        '--unique <list>',
        'LAION: what must not come twice: url, caption or both (default: url)',
      ).argParser(namesOf(['url', 'caption'])),
    );
}

/** @throws as `usageError`, with every option that is for another format */
export function refuseForeignOptions(options: SourceOptions, command: Command): void {
  const faults = Object.entries(ONLY).flatMap(([name, formats]) => {
    const isGiven = Object.entries(options).some(([key, value]) => key === name && value !== undefined);
    return isGiven && !formats.includes(options.from) ? [`${flagOf(name)} (of ${formats.join(', ')})`] : [];
  });
  if (faults.length > 0)
    usageError(
      command,
      `expected options of --from ${options.from}, got ${faults.join(', ')}; leave them out`,
    );
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
