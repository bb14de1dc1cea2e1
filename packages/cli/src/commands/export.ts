import type { DataSplit } from '@fgam/data';
import type { ExportFormat } from '@fgam/rectifier';
import { type Command, Option } from 'commander';
import { exportTrainingData } from '../export/export-training-data.js';
import { type ExportSourceKind, findExportSource } from '../export/find-export-source.js';
import { type CommonOptions, printResult } from '../output.js';
import { positiveNumber, wholeNumber } from '../whole-number.js';
import { refuseGivenOptions } from './refuse-given-options.js';

/** Engines as the command calls them. */
const ENGINES: Readonly<Record<string, ExportFormat>> = {
  llava: 'llava',
  llamafactory: 'llama-factory',
  trl: 'trl',
};

interface ExportCommandOptions extends CommonOptions {
  readonly to: string;
  readonly out: string;
  readonly name?: string;
  readonly images?: string;
  readonly link?: boolean;
  readonly all?: boolean;
  readonly split: DataSplit;
  readonly turns: number;
  readonly maxSkips?: number;
}

/** Options by the sources that they speak of. */
const FOREIGN: Readonly<Record<ExportSourceKind, readonly (keyof ExportCommandOptions)[]>> = {
  trajectories: ['split', 'turns'],
  shards: ['images', 'all'],
  scenes: ['images', 'all', 'split'],
};

/** `fgam export`: what engines that train bigger models on clusters read. */
export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('training data in the form of LLaVA, LLaMA-Factory or TRL')
    .argument(
      '<source>',
      'a file of trajectories, a folder of data trajectories, a folder of shards or scenes',
    )
    .addOption(
      new Option('--to <engine>', 'which engine is to read it')
        .choices(Object.keys(ENGINES))
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'folder to write')
    .option('--name <name>', 'what the files and data sets are called by (default: fgam)')
    .option('--images <folder>', 'trajectories: what their images are relative to (default: their folder)')
    .option('--link', 'link images instead of copying them')
    .option('--all', 'trajectories: those that ended without an acceptance too; their end is taught')
    .addOption(
      new Option('--split <name>', 'shards: of which images')
        .choices(['train', 'validation'])
        .default('train'),
    )
    .option(
      '--turns <n>',
      "shards and scenes: most turns of a conversation about an image's regions",
      positiveNumber,
      10,
    )
    .option('--max-skips <n>', 'most records that may be left out for their images', wholeNumber)
    .action(exportSource);
}

async function exportSource(path: string, options: ExportCommandOptions, command: Command): Promise<void> {
  const { to, out, name, images, link = false, all = false, split, turns, maxSkips } = options;
  const source = await findExportSource(path);
  refuseGivenOptions(command, FOREIGN[source.kind], source.kind);
  const { result, text } = await exportTrainingData(source, {
    ...{ out, link, all, split, turns, format: ENGINES[to] ?? 'llava' },
    ...(name === undefined ? {} : { name }),
    ...(images === undefined ? {} : { images }),
    ...(maxSkips === undefined ? {} : { maxSkips }),
  });
  printResult(options, result, text);
}
