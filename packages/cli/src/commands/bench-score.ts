import { type BenchmarkTask, BENCHMARKS } from '@fgam/bench';
import { type Command, InvalidArgumentError } from 'commander';
import { benchmarkScoreText } from '../bench-tasks/benchmark-score-text.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';

interface ScoreOptions extends CommonOptions {
  readonly truth: readonly string[];
  readonly predictions: readonly string[];
  readonly dialect?: string;
  readonly allowMissing?: boolean;
}

/** `fgam bench score`: predictions against the official truth, by the official rules. */
export function addBenchScoreCommand(bench: Command): void {
  bench
    .command('score')
    .description("score a benchmark's predictions by its official rules; rows are joined by id")
    .argument('<task>', 'a benchmark of fgam bench list', taskNamed)
    .requiredOption('--truth <paths...>', "the benchmark's official files, or folders of them")
    .requiredOption('--predictions <paths...>', 'files of predictions, or folders of them')
    .option('--dialect <name>', 'whose rules (default: official)')
    .option(
      '--allow-missing',
      'count missing and duplicate rows as wrong and pass over unknown ones; they are listed',
    )
    .action((task: BenchmarkTask, options: ScoreOptions, command: Command) => {
      const { truth, predictions, dialect, allowMissing = false, seed } = options;
      if (dialect !== undefined && !task.dialects.includes(dialect))
        command.error(
          `error: option '--dialect <name>' argument '${dialect}' is invalid. ${task.name} has: ${task.dialects.join(', ')}`,
        );
      return interruptible(async (signal) => {
        const score = await task.score({
          ...{ truth, predictions, allowMissing, seed, signal },
          ...(dialect === undefined ? {} : { dialect }),
        });
        printResult(options, score, benchmarkScoreText(score, task));
      });
    });
}

function taskNamed(name: string): BenchmarkTask {
  const task = BENCHMARKS.find((each) => each.name === name || each.aliases?.includes(name));
  if (task === undefined)
    throw new InvalidArgumentError(`Benchmarks are: ${BENCHMARKS.map((each) => each.name).join(', ')}`);
  return task;
}
