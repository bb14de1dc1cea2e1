import { renderPaper } from '@fgam/bench';
import { Argument, type Command } from 'commander';
import { compareErrors, ERROR_SOURCES, type ErrorSource } from '../bench-tasks/compare-errors.js';
import { type CommonOptions, printResult } from '../output.js';

interface ErrorsOptions extends CommonOptions {
  readonly truth: readonly string[];
  readonly predictions: readonly string[];
  readonly against: readonly string[];
  readonly name: string;
  readonly againstName: string;
  readonly allowMissing?: boolean;
}

/** `fgam bench errors`: errors of two systems by type, and how much they are reduced (the paper's Table 3). */
export function addBenchErrorsCommand(bench: Command): void {
  bench
    .command('errors')
    .description(
      'errors of object, attribute, relation and reasoning, against those of another system on the same images: rates, reduction with its interval',
    )
    .addArgument(new Argument('<source>', 'whose truth tells them apart').choices(ERROR_SOURCES))
    .requiredOption('--truth <paths...>', "the annotation's files, or folders of them; of scenes the folder")
    .requiredOption(
      '--predictions <paths...>',
      'answers of the system; of scenes predictions or trajectories',
    )
    .requiredOption('--against <paths...>', 'answers of the base')
    .option('--name <text>', 'of the system', 'full')
    .option('--against-name <text>', 'of the base', 'base')
    .option('--allow-missing', 'count missing, duplicate and unreadable answers as false')
    .action(async (source: ErrorSource, options: ErrorsOptions) => {
      const { truth, predictions, against, name, againstName, allowMissing = false, seed } = options;
      const names = { base: againstName, full: name };
      const errors = [
        await compareErrors({ source, truth, predictions, against, names, allowMissing, seed }),
      ];
      printResult(options, { errors }, renderPaper({ paper: { errors } }));
    });
}
