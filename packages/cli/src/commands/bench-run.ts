import type { BenchmarkTask } from '@fgam/bench';
import type { Command } from 'commander';
import { benchmarkNamed } from '../bench-tasks/benchmark-named.js';
import { benchmarkRunText } from '../bench-tasks/benchmark-run-text.js';
import { runBenchmark } from '../bench-tasks/run-benchmark.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { addCriticOptions, type CriticOptions, HOW_CRITICS_CHECK } from '../ports/critic-options.js';
import { addJudgeOptions } from '../ports/judge-options.js';
import { addModelOptions, type ModelOptions } from '../ports/model-options.js';
import { type JudgeOptions, judgeFault } from '../ports/open-judge.js';
import { usageError } from '../usage-error.js';
import { positiveNumber, wholeNumber } from '../whole-number.js';
import { refuseGivenOptions } from './refuse-given-options.js';

interface RunOptions extends CommonOptions, ModelOptions, CriticOptions, JudgeOptions {
  readonly truth?: readonly string[];
  readonly images?: string;
  readonly out?: string;
  readonly rectify?: number;
  readonly allowMissing?: boolean;
  readonly cache: boolean;
  readonly maxTokens?: number;
}

/** `fgam bench run TASK`: a model's answers to a benchmark, saved in its official format and scored. */
export function addBenchRunCommand(run: Command): void {
  // Or the options of `run scenes` would be taken for those of `run`.
  run
    .enablePositionalOptions()
    .argument('<task>', 'a benchmark of fgam bench list; or scenes, recall', benchmarkNamed);
  addJudgeOptions(addCriticOptions(addModelOptions(run)))
    .option('--truth <paths...>', "the benchmark's official files, or folders of them")
    .option(
      '--images <folder>',
      "its images: in it or in folders below it (default: those in the truth itself, as in MMBench's tables)",
    )
    .option('--out <folder>', 'for responses, predictions and scores (default: runs/bench/TASK)')
    .option('--rectify <K>', 'most revisions by the feedback of --critic', wholeNumber)
    .option('--max-tokens <n>', "tokens of an answer (default: the model's)", positiveNumber)
    .option(
      '--allow-missing',
      'leave questions whose image is not there unanswered: they count as wrong and are listed',
    )
    .option('--no-cache', 'ask all anew, and remember nothing')
    .action((task: BenchmarkTask, options: RunOptions, command: Command) => {
      const { truth, images, out = `runs/bench/${task.name}` } = options;
      if (truth === undefined || (images === undefined && task.saveImages === undefined))
        return usageError(command, 'expected --truth and --images');
      const hasCritic = options.critic !== undefined || options.calibration !== undefined;
      if (hasCritic !== (options.rectify !== undefined))
        usageError(command, 'expected --rectify and --critic (or --calibration) together, got one of them');
      if (!hasCritic) refuseGivenOptions(command, HOW_CRITICS_CHECK, 'a run without --critic');
      const fault = judgeFault(options);
      if (fault !== undefined) usageError(command, fault);
      return interruptible(async (signal) => {
        const result = await runBenchmark(task, { ...options, truth, out, command, signal });
        printResult(options, result, benchmarkRunText(result, task));
      });
    });
}
