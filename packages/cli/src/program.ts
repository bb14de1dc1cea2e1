import { Command, CommanderError } from 'commander';
import { printError } from './output.js';
import { integer } from './whole-number.js';

/** Exit codes: 0 when done, 1 when not, 2 for a usage error. */
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

type AddCommand = (program: Command) => void;

/**
 * What adds each command, in the order of `fgam --help`. A module is loaded when its command is asked for: all of them
 * import every package there is, which takes longer than what most commands do.
 */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  quickstart: async () => (await import('./commands/quickstart.js')).addQuickstartCommand,
  doctor: async () => (await import('./commands/doctor.js')).addDoctorCommand,
  data: async () => (await import('./commands/data.js')).addDataCommands,
  train: async () => (await import('./commands/train.js')).addTrainCommands,
  generate: async () => (await import('./commands/generate.js')).addGenerateCommand,
  rectify: async () => (await import('./commands/rectify.js')).addRectifyCommand,
  serve: async () => (await import('./commands/serve.js')).addServeCommand,
  bench: async () => (await import('./commands/bench.js')).addBenchCommands,
  'human-eval': async () => (await import('./commands/human-eval.js')).addHumanEvalCommands,
  view: async () => (await import('./commands/view.js')).addViewCommand,
  export: async () => (await import('./commands/export.js')).addExportCommand,
};

/** What adds the commands that a command line needs: the one that it names, none for the version, or else all. */
async function neededCommands([first = '']: readonly string[]): Promise<readonly AddCommand[]> {
  if (['--version', '-V'].includes(first)) return [];
  const isNamed = Object.hasOwn(COMMANDS, first);
  const needed = Object.entries(COMMANDS).filter(([name]) => !isNamed || name === first);
  return Promise.all(needed.map(([, load]) => load()));
}

async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('fgam')
    .description('Fine-grained alignment and iterative rectification of multimodal LLMs')
    .version('0.1.0')
    .showHelpAfterError('(fgam --help shows the commands)')
    // Or the options of `rectify calibrate` would be taken for those of `rectify`.
    .enablePositionalOptions()
    .exitOverride();
  for (const addCommand of await neededCommands(args)) addCommand(program);
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
    const program = await createProgram(args);
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    printError(error, args.includes('--json'));
    return EXIT.failed;
  }
}
