import { type Command, Option } from 'commander';
import { BASE_RECIPE } from '../base/base-recipe.js';
import { trainBase } from '../base/train-base.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { FAMILIES, type Family } from '../recipes/families.js';

/** `fgam train base`: the base checkpoint of the quickstart, from random weights. */
export function addTrainBaseCommand(train: Command): void {
  train
    .command('base')
    .description(
      'the base checkpoint of the quickstart, from random weights (20 minutes to an hour on two cores; resumes)',
    )
    .option('--out <folder>', 'folder of the run', 'runs/base')
    .addOption(new Option('--family <name>', 'MLP connector, or Q-Former').choices(FAMILIES).default('llava'))
    .action(async (options: CommonOptions & { readonly out: string; readonly family: Family }) => {
      const { out, seed, family } = options;
      const result = await interruptible((signal) =>
        trainBase({ ...BASE_RECIPE, seed }, { out, signal, family }),
      );
      const { 'existence.accuracy': existence = Number.NaN, 'spatial.accuracy': spatial = Number.NaN } =
        result.scores;
      printResult(
        options,
        result,
        `model: ${result.model} (SHA-256 ${result.sha256})\n` +
          `held-out scenes: existence ${existence.toFixed(3)}, spatial ${spatial.toFixed(3)}`,
      );
    });
}
