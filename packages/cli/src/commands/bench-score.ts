import { type BenchmarkTask, BENCHMARKS, findBenchmark } from '@fgam/bench';
import { FgamError, isFgamError, readTextIfThere } from '@fgam/data';
import { type Command, InvalidArgumentError } from 'commander';
import { benchmarkScoreText } from '../bench-tasks/benchmark-score-text.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { type JudgeOptions, judgeFault, KEY_VARIABLE, openJudge } from '../ports/open-judge.js';

interface ScoreOptions extends CommonOptions, JudgeOptions {
  readonly truth: readonly string[];
  readonly predictions: readonly string[];
  readonly dialect?: string;
  readonly allowMissing?: boolean;
  readonly judgePrompt?: string;
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
    .option('--judge <url>', `OpenAI-compatible endpoint, up to and with /v1; its key: ${KEY_VARIABLE}`)
    .option('--judge-model <name>', "the judge's name there, or whose recorded answers are replayed")
    .option('--judge-record <folder>', 'where its answers are stored; what is there is not asked again')
    .option('--judge-replay <folder>', 'stored answers instead of an endpoint: needs no key')
    .option('--judge-prompt <file>', "an official prompt in place of this project's own wording")
    .action((task: BenchmarkTask, options: ScoreOptions, command: Command) => {
      const { truth, predictions, dialect, allowMissing = false, seed } = options;
      if (dialect !== undefined && !task.dialects.includes(dialect))
        command.error(
          `error: option '--dialect <name>' argument '${dialect}' is invalid. ${task.name} has: ${task.dialects.join(', ')}`,
        );
      const fault = judgeFault(options);
      if (fault !== undefined) command.error(`error: ${fault}`);
      return interruptible(async (signal) => {
        const judge = await openJudge(options);
        const score = await task.score({
          ...{ truth, predictions, allowMissing, seed, signal },
          ...(dialect === undefined ? {} : { dialect }),
          ...(judge === undefined ? {} : { judge }),
          ...(options.judgePrompt === undefined
            ? {}
            : { judgePrompt: await readPrompt(options.judgePrompt) }),
        });
        printResult(options, score, benchmarkScoreText(score, task));
      });
    });
}

function taskNamed(name: string): BenchmarkTask {
  try {
    return findBenchmark(name);
  } catch (error) {
    if (!isFgamError(error)) throw error;
    throw new InvalidArgumentError(`Benchmarks are: ${BENCHMARKS.map((each) => each.name).join(', ')}`);
  }
}

/** A prompt's text, without the line break that editors put at a file's end. */
async function readPrompt(path: string): Promise<string> {
  const text = await readTextIfThere(path);
  if (text === undefined)
    throw new FgamError(
      'data/missing-file',
      `${path}: expected a file with the judge's prompt, got none; check the path`,
    );
  return text.replace(/\n$/, '');
}
