import type { BenchmarkTask } from '@fgam/bench';
import type { Command } from 'commander';
import { benchmarkNamed } from '../bench-tasks/benchmark-named.js';
import { benchmarkScoreText } from '../bench-tasks/benchmark-score-text.js';
import { resultRows } from '../bench-tasks/result-rows.js';
import { shownScore } from '../bench-tasks/shown-score.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { addJudgeOptions, judgeInput } from '../ports/judge-options.js';
import { type JudgeOptions, judgeFault } from '../ports/open-judge.js';
import { addScoringOptions, refuseUnknownDialect, type ScoringOptions } from '../ports/scoring-options.js';
import { usageError } from '../usage-error.js';

type ScoreOptions = CommonOptions & JudgeOptions & ScoringOptions;

/** `fgam bench score`: predictions against the official truth, by the official rules. */
export function addBenchScoreCommand(bench: Command): void {
  const command = bench
    .command('score')
    .description("score a benchmark's predictions by its official rules; rows are joined by id")
    .argument('<task>', 'a benchmark of fgam bench list', benchmarkNamed);
  addJudgeOptions(addScoringOptions(command)).action(
    (task: BenchmarkTask, options: ScoreOptions, command: Command) => {
      const { truth, predictions, dialect, allowMissing = false, seed } = options;
      refuseUnknownDialect(task, dialect, command);
      const fault = judgeFault(options);
      if (fault !== undefined) usageError(command, fault);
      return interruptible(async (signal) => {
        const score = await task.score({
          ...{ truth, predictions, allowMissing, seed, signal },
          ...(dialect === undefined ? {} : { dialect }),
          ...(await judgeInput(options)),
        });
        printResult(
          options,
          { ...shownScore(score), rows: resultRows(score) },
          benchmarkScoreText(score, task),
        );
      });
    },
  );
}
