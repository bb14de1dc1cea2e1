import type { Command } from 'commander';
import { MODULE_RECIPE } from '../base/module-recipe.js';
import { trainModule } from '../base/train-module.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';

/**
 * `fgam train module`: the rectification module that reads what the grounding checkpoint sees, from the base
 * checkpoint's language model.
 */
export function addTrainModuleCommand(train: Command): void {
  train
    .command('module')
    .description(
      'the rectification module that reads in words what the grounding checkpoint sees, from the base checkpoint (half an hour to an hour on two cores; resumes)',
    )
    .option('--out <folder>', 'folder of the run', 'runs/module')
    .action(async (options: CommonOptions & { readonly out: string }) => {
      const { out, seed } = options;
      const result = await interruptible((signal) =>
        trainModule({ ...MODULE_RECIPE, seed }, { out, signal }),
      );
      const rows = Object.entries(result.scores).map(([name, value]) => `${name} ${value.toFixed(3)}`);
      printResult(
        options,
        result,
        `model: ${result.model} (SHA-256 ${result.sha256})\nrefusals of the base's answers on held-out scenes: ${rows.join(', ')}`,
      );
    });
}
