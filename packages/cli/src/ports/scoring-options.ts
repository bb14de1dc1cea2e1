import type { BenchmarkTask } from '@fgam/bench';
import type { Command } from 'commander';
import { usageError } from '../usage-error.js';

/** What is scored, and by whose rules, as a command line names it. */
export interface ScoringOptions {
  readonly truth: readonly string[];
  readonly predictions: readonly string[];
  readonly dialect?: string;
  readonly allowMissing?: boolean;
}

/** Adds the options that name truth, predictions and rules. */
export function addScoringOptions(command: Command): Command {
  return command
    .requiredOption('--truth <paths...>', "the benchmark's official files, or folders of them")
    .requiredOption('--predictions <paths...>', 'files of predictions, or folders of them')
    .option('--dialect <name>', 'whose rules (default: official)')
    .option(
      '--allow-missing',
      'count missing and duplicate rows as wrong and pass over unknown ones; they are listed',
    );
}

/** A dialect that the benchmark does not have is a usage error. */
export function refuseUnknownDialect(
  { name, dialects }: BenchmarkTask,
  dialect: string | undefined,
  command: Command,
): void {
  if (dialect !== undefined && !dialects.includes(dialect))
    usageError(
      command,
      `option '--dialect <name>' argument '${dialect}' is invalid. ${name} has: ${dialects.join(', ')}`,
    );
}
