import { once } from 'node:events';
import { serveView, type ViewSource } from '@fgam/bench/view';
import { isFgamError } from '@fgam/data';
import type { Command } from 'commander';
import { benchmarkNamed } from '../bench-tasks/benchmark-named.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult, say } from '../output.js';
import { type OpenViewOptions, openViewSource } from '../view/open-view-source.js';
import { usageError } from '../usage-error.js';
import { portNumber } from '../whole-number.js';

interface ViewOptions extends CommonOptions, OpenViewOptions {
  readonly port: number;
}

/** `fgam view`: a local page over samples, predictions or trajectories, until Ctrl-C. */
export function addViewCommand(program: Command): void {
  program
    .command('view')
    .description('web page: regions on images, relations, trajectories round by round')
    .argument('<path>', 'folder of shards, of scenes or of a run, or a file of predictions or trajectories')
    .option('--port <n>', 'port on this machine; 0: any that is free', portNumber, 0)
    .option('--data <folder>', 'scenes that the answers are about (default: as the run says)')
    .option(
      '--images <folder>',
      "folder that the images of trajectories are relative to, or of the benchmark's images",
    )
    .option(
      '--task <name>',
      'a benchmark whose predictions these are (default: as the run says)',
      benchmarkNamed,
    )
    .option('--truth <paths...>', "with --task: the benchmark's official files")
    .action((path: string, options: ViewOptions, command: Command) => {
      const { task, truth, data } = options;
      if ((task === undefined) !== (truth === undefined) || (task !== undefined && data !== undefined))
        usageError(
          command,
          'expected --task and --truth together, without --data; give both for the predictions of a benchmark, or neither',
        );
      return interruptible((signal) => view(path, options, { command, signal }));
    });
}

async function view(
  path: string,
  options: ViewOptions,
  { command, signal }: { readonly command: Command; readonly signal: AbortSignal },
): Promise<void> {
  const source = await openSource(path, options, command);
  const server = await serveView(source, { port: options.port });
  try {
    printResult(options, { url: server.url }, server.url);
    say('open it in a browser of this machine; Ctrl-C ends it');
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
}

/** @throws as `usageError` for options that have no use beside what the path holds; else as `openViewSource` */
async function openSource(path: string, options: ViewOptions, command: Command): Promise<ViewSource> {
  try {
    return await openViewSource(path, options);
  } catch (error) {
    if (isFgamError(error) && error.code === 'data/bad-config') usageError(command, error.message);
    throw error;
  }
}
