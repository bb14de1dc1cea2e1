import { Command, CommanderError } from 'commander';
import { addDataCommands } from './commands/data.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addBenchCommands } from './commands/bench.js';
import { addExportCommand } from './commands/export.js';
import { addGenerateCommand } from './commands/generate.js';
import { addHumanEvalCommands } from './commands/human-eval.js';
import { addQuickstartCommand } from './commands/quickstart.js';
import { addRectifyCommand } from './commands/rectify.js';
import { addServeCommand } from './commands/serve.js';
import { addTrainCommands } from './commands/train.js';
import { addViewCommand } from './commands/view.js';
import { printError } from './output.js';
import { integer } from './whole-number.js';

/** Exit codes: 0 when done, 1 when not, 2 for a usage error. */
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

function createProgram(): Command {
  const program = new Command('fgam')
    .description('Fine-grained alignment and iterative rectification of multimodal LLMs')
    .version('0.1.0')
    .showHelpAfterError('(fgam --help shows the commands)')
    // Or the options of `rectify calibrate` would be taken for those of `rectify`.
    .enablePositionalOptions()
    .exitOverride();
  addQuickstartCommand(program);
  addDoctorCommand(program);
  addDataCommands(program);
  addTrainCommands(program);
  addGenerateCommand(program);
  addRectifyCommand(program);
  addServeCommand(program);
  addBenchCommands(program);
  addHumanEvalCommands(program);
  addViewCommand(program);
  addExportCommand(program);
  for (const command of program.commands) inheritSettings(command);
  return program;
}

/** Subcommands end the process as the program does, and know the options that all commands have. */
function inheritSettings(command: Command): void {
  command.exitOverride().showHelpAfterError();
  // A group has no result of its own; these are commands that have others below them.
  if (command.commands.length === 0 || ['rectify', 'run'].includes(command.name())) {
    command.option('--json', 'print one JSON object');
    const hasSeeds = command.options.some(({ long }) => long === '--seeds');
    if (!hasSeeds) command.option('--seed <n>', 'seed of all that is random', integer, 1);
  }
  for (const child of command.commands) inheritSettings(child);
}

/**
 * Runs the command line.
 *
 * @param args - arguments after the program's name
 * @returns the exit code
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    printError(error, args.includes('--json'));
    return EXIT.failed;
  }
}
