import { type Backend, BACKENDS, findBackends } from '@fgam/compile';
import { type Command, Option } from 'commander';
import type { CommonOptions } from '../output.js';
import type { RunStart } from '../run-training.js';
import { metricsSinkOf } from '../train/metrics-sink.js';
import type { ConfigOverrides } from '../train/parse-config.js';

/** Options that every command of `fgam train` has. */
export interface TrainCommandOptions extends CommonOptions {
  readonly config: string;
  readonly resume?: boolean;
  readonly data?: string;
  readonly out?: string;
  readonly steps?: number;
  readonly model?: string;
  readonly metricsTo?: string;
  readonly backend?: Backend | 'auto';
}

/** What an interrupted command is told. */
export const RESUME = 'the same command with --resume goes on where this one stopped';

/** Which data and models a command takes, in words. */
export interface TrainInputs {
  readonly data: string;
  readonly model: string;
}

/** Adds them. */
export function addTrainOptions(command: Command, what: TrainInputs): Command {
  return command
    .requiredOption('--config <file>', 'JSON file that states the run; its paths are relative to it')
    .option('--resume', 'go on from the last checkpoint in the output folder')
    .option('--data <path>', `${what.data}, in place of the config's`)
    .option('--out <folder>', "output folder, in place of the config's")
    .option('--model <model>', `${what.model}, in place of the config's`)
    .option(
      '--metrics-to <sink>',
      'where each line of metrics.jsonl goes, too: wandb (Weights & Biases, by its Python client), or a JavaScript module whose default export is called with it',
    )
    .addOption(
      new Option('--backend <name>', 'where programs run; fgam doctor lists them').choices([
        'auto',
        ...BACKENDS,
      ]),
    );
}

/**
 * What a command line says of how a run is started; a backend or a module that is not there is refused
 * before anything is read.
 */
export async function runStartOf({
  backend,
  metricsTo,
  resume = false,
}: TrainCommandOptions): Promise<RunStart> {
  return {
    resume,
    ...(backend === undefined ? {} : { backend: (await findBackends(backend)).picked }),
    ...(metricsTo === undefined ? {} : { openMetrics: await metricsSinkOf(metricsTo) }),
  };
}

/** What a command line sets over a config. */
export function overridesOf(
  { data, out, steps, model, seed }: TrainCommandOptions,
  command: Command,
): ConfigOverrides {
  // Every command has a seed by default: the config's own gives way only to one that was typed.
  const isSeedTyped = command.getOptionValueSource('seed') === 'cli';
  return {
    ...(data === undefined ? {} : { data }),
    ...(out === undefined ? {} : { out }),
    ...(steps === undefined ? {} : { steps }),
    ...(model === undefined ? {} : { model }),
    ...(isSeedTyped ? { seed } : {}),
  };
}
