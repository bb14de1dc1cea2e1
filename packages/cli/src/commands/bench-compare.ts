import type { BenchmarkTask } from '@fgam/bench';
import type { Command } from 'commander';
import { benchmarkNamed } from '../bench-tasks/benchmark-named.js';
import { comparePredictions, comparisonText } from '../bench-tasks/compare-predictions.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { addJudgeOptions, judgeInput } from '../ports/judge-options.js';
import { type JudgeOptions, judgeFault } from '../ports/open-judge.js';
import { addScoringOptions, refuseUnknownDialect, type ScoringOptions } from '../ports/scoring-options.js';
import { usageError } from '../usage-error.js';

interface CompareOptions extends CommonOptions, JudgeOptions, ScoringOptions {
  readonly against: readonly string[];
}

/** `fgam bench compare`: two files of predictions, question by question. */
export function addBenchCompareCommand(bench: Command): void {
  const command = bench
    .command('compare')
    .description(
      'compare predictions with others on the same questions: paired difference with its interval, McNemar',
    )
    .argument('<task>', 'a benchmark of fgam bench list', benchmarkNamed);
  addJudgeOptions(addScoringOptions(command))
    .requiredOption('--against <paths...>', 'predictions of the other system, or folders of them')
    .action((task: BenchmarkTask, options: CompareOptions, command: Command) => {
      const { truth, predictions, against, dialect, allowMissing = false, seed } = options;
      refuseUnknownDialect(task, dialect, command);
      const fault = judgeFault(options);
      if (fault !== undefined) usageError(command, fault);
      return interruptible(async (signal) => {
        const result = await comparePredictions(task, {
          ...{ truth, predictions, against, allowMissing, seed, signal },
          ...(dialect === undefined ? {} : { dialect }),
          ...(await judgeInput(options)),
        });
        printResult(options, result, comparisonText(result, task));
      });
    });
}
