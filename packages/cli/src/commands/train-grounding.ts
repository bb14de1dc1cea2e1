import type { Command } from 'commander';
import { GROUNDING_RECIPE } from '../base/grounding-recipe.js';
import { trainGrounding } from '../base/train-grounding.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';

/** `fgam train grounding`: the checkpoint that the grounded critic asks about scenes, from random weights. */
export function addTrainGroundingCommand(train: Command): void {
  train
    .command('grounding')
    .description(
      'the detector and region-text model that the grounded critic asks about scenes, from random weights (20 minutes to an hour on two cores; resumes)',
    )
    .option('--out <folder>', 'folder of the run', 'runs/grounding')
    .action(async (options: CommonOptions & { readonly out: string }) => {
      const { out, seed } = options;
      const result = await interruptible((signal) =>
        trainGrounding({ ...GROUNDING_RECIPE, seed }, { out, signal }),
      );
      const {
        ap50 = Number.NaN,
        existenceRecall = Number.NaN,
        existenceSpecificity = Number.NaN,
      } = result.scores;
      printResult(
        options,
        result,
        `model: ${result.model} (SHA-256 ${result.sha256})\n` +
          `held-out scenes: AP50 ${ap50.toFixed(3)}; of wrong answers about existence ${existenceRecall.toFixed(3)} refused, of right ones ${existenceSpecificity.toFixed(3)} accepted`,
      );
    });
}
