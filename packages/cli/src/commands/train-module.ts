import type { Command } from 'commander';
import { IMAGE_MODULE_RECIPE } from '../base/image-module-recipe.js';
import { MODULE_RECIPE } from '../base/module-recipe.js';
import { trainImageModule } from '../base/train-image-module.js';
import { trainModule } from '../base/train-module.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';

/**
 * `fgam train module`: the rectification module that reads in words what the grounding checkpoint sees, from the
 * base checkpoint's language model, or the one that reads images.
 */
export function addTrainModuleCommand(train: Command): void {
  train
    .command('module')
    .description(
      'the rectification module that reads in words what the grounding checkpoint sees, from the base checkpoint (half an hour to an hour on two cores; resumes)',
    )
    .option(
      '--images',
      "one that reads images itself, from the grounding checkpoint's vision side and the shipped module (three hours of a core)",
      false,
    )
    .option('--out <folder>', 'folder of the run (default: runs/module; with --images runs/image-module)')
    .action(async (options: CommonOptions & { readonly images: boolean; readonly out?: string }) => {
      const { images, seed, out = images ? 'runs/image-module' : 'runs/module' } = options;
      const result = await interruptible((signal) =>
        images
          ? trainImageModule({ ...IMAGE_MODULE_RECIPE, seed }, { out, signal })
          : trainModule({ ...MODULE_RECIPE, seed }, { out, signal }),
      );
      const rows = Object.entries(result.scores).map(([name, value]) => `${name} ${value.toFixed(3)}`);
      printResult(
        options,
        result,
        `model: ${result.model} (SHA-256 ${result.sha256})\nrefusals of the base's answers on held-out scenes: ${rows.join(', ')}`,
      );
    });
}
