import type { DataSplit } from '@fgam/data';
import { exportOnnx } from '@fgam/models';
import type { ExportFormat } from '@fgam/rectifier';
import { type Command, Option } from 'commander';
import { exportTrainingData } from '../export/export-training-data.js';
import { type ExportSourceKind, findExportSource } from '../export/find-export-source.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { modelFolder } from '../train/open-model.js';
import { usageError } from '../usage-error.js';
import { positiveNumber, wholeNumber } from '../whole-number.js';
import { refuseGivenOptions } from './refuse-given-options.js';
import { refuseSameFolder } from './refuse-same-folder.js';

/** Engines that train, as the command calls them. */
const ENGINES: Readonly<Record<string, ExportFormat>> = {
  llava: 'llava',
  llamafactory: 'llama-factory',
  trl: 'trl',
};

/** A model for whatever runs ONNX graphs. */
const ONNX = 'onnx';

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
const FOREIGN: Readonly<Record<ExportSourceKind | 'model', readonly (keyof ExportCommandOptions)[]>> = {
  model: ['name', 'images', 'all', 'split', 'turns', 'maxSkips'],
  trajectories: ['split', 'turns'],
  shards: ['images', 'all'],
  scenes: ['images', 'all', 'split'],
};

/** `fgam export`: training data for engines that train bigger models on clusters, and models as ONNX graphs. */
export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('training data in the form of LLaVA, LLaMA-Factory or TRL; a model as ONNX graphs')
    .argument(
      '<source>',
      'a file of trajectories, a folder of data trajectories, of shards or of scenes; for onnx a model',
    )
    .addOption(
      new Option('--to <engine>', 'which engine is to read it')
        .choices([...Object.keys(ENGINES), ONNX])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'folder to write')
    .option('--name <name>', 'what the files and data sets are called by (default: fgam)')
    .option('--images <folder>', 'trajectories: what their images are relative to (default: their folder)')
    .option('--link', 'link images (by symbolic links) or weights (by hard links) instead of copying them')
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
    .option(
      '--max-skips <n>',
      'most records that may be left out for their images (default: no limit)',
      wholeNumber,
    )
    .action(exportSource);
}

async function exportSource(path: string, options: ExportCommandOptions, command: Command): Promise<void> {
  const { to, out, name, images, link = false, all = false, split, turns, maxSkips } = options;
  if (to === ONNX) {
    refuseGivenOptions(command, FOREIGN.model, 'a model');
    return exportModel(path, options, command);
  }
  const source = await findExportSource(path);
  refuseGivenOptions(command, FOREIGN[source.kind], source.kind);
  if (source.kind === 'shards' && link)
    usageError(command, 'expected no --link for shards, whose images are in tars; leave it out');
  if ('folder' in source) refuseSameFolder(command, source.folder, out);
  const { result, text } = await interruptible(
    (signal) =>
      exportTrainingData(source, {
        ...{ out, link, all, split, turns, signal, format: ENGINES[to] ?? 'llava' },
        ...(name === undefined ? {} : { name }),
        ...(images === undefined ? {} : { images }),
        ...(maxSkips === undefined ? {} : { maxSkips }),
      }),
    'nothing was written but images; run the command again',
  );
  printResult(options, result, text);
}

async function exportModel(
  model: string,
  options: Pick<ExportCommandOptions, 'out' | 'link' | 'json' | 'seed'>,
  command: Command,
): Promise<void> {
  const { out, link = false } = options;
  const source = modelFolder(model);
  refuseSameFolder(command, source, out);
  const exported = await exportOnnx(source, { out, link });
  const { modelType, graphs, weights, isOpenable } = exported;
  printResult(
    options,
    { out, modelType, graphs, weights, answers: isOpenable ? `onnx:${out}` : undefined },
    [
      `${modelType} in ${out}: ${graphs.join(', ')}, over ${weights.join(', ')}`,
      isOpenable
        ? `--model onnx:${out} answers with it`
        : 'for runtimes of ONNX; onnx:FOLDER opens LLaVA alone',
    ].join('\n'),
  );
}
