import type { Command } from 'commander';

/**
 * Ends a command with a usage error, as commander does for options that it does not know: the fault and the
 * command's help on standard error, nothing on standard output, exit code 2.
 *
 * @param fault - `expected ..., got ...; what to do`
 * @throws CommanderError, which `runProgram` tells from faults of the work
 */
export function usageError(command: Command, fault: string): never {
  return command.error(`error: ${fault}`, { exitCode: 2 });
}
