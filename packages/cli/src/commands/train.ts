import { type Backend, BACKENDS, findBackends, isEager } from '@fgam/compile';
import { FgamError } from '@fgam/data';
import { type Command, Option } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { runTrain } from '../train/run-train.js';
import { readTrainConfig, type TrainStage } from '../train/train-config.js';
import { positiveNumber } from '../whole-number.js';
import { addTrainBaseCommand } from './train-base.js';
import { addTrainGroundingCommand } from './train-grounding.js';
import { addTrainRlCommands } from './train-rl.js';

interface TrainOptions extends CommonOptions {
  readonly config: string;
  readonly resume?: boolean;
  readonly data?: string;
  readonly out?: string;
  readonly steps?: number;
  readonly model?: string;
  readonly merge?: boolean;
  readonly backend?: Backend | 'auto';
}

const STAGES: readonly (readonly [stage: TrainStage, description: string])[] = [
  ['stage1', 'stage 1: region-text contrast, global contrast and spatial consistency'],
  ['sft', 'instruction tuning, with corrections where the config says so'],
  ['rm', 'the rectification module: feedback on right and wrong responses'],
];

/** `fgam train stage1|sft|rm|rl|hybrid`: a training run from a config file. */
export function addTrainCommands(program: Command): void {
  const train = program.command('train').description('train a stage from a config file');
  for (const [stage, description] of STAGES) {
    train
      .command(stage)
      .description(description)
      .requiredOption('--config <file>', 'JSON file that states the run; its paths are relative to it')
      .option('--resume', 'go on from the last checkpoint in the output folder')
      .option('--data <folder>', "scenes or shard folder, in place of the config's")
      .option('--out <folder>', "output folder, in place of the config's")
      .option('--steps <n>', "updates, in place of the config's", positiveNumber)
      .option('--model <model>', "a model folder, compact-base or new, in place of the config's")
      .option('--merge', 'write the model with its adapter in it, too, where the config has an adapter')
      .addOption(
        new Option('--backend <name>', 'where programs run; fgam doctor lists them').choices([
          'auto',
          ...BACKENDS,
        ]),
      )
      .action((options: TrainOptions, command: Command) => runStage(stage, options, command));
  }
  addTrainBaseCommand(train);
  addTrainGroundingCommand(train);
  addTrainRlCommands(train);
}

async function runStage(stage: TrainStage, options: TrainOptions, command: Command): Promise<void> {
  const { data, out, steps, seed, model, resume = false, merge = false } = options;
  // Refused before anything is read.
  const backend = options.backend === undefined ? undefined : (await findBackends(options.backend)).picked;
  // Every command has a seed by default: the config's own gives way only to one that was typed.
  const isSeedTyped = command.getOptionValueSource('seed') === 'cli';
  const config = await readTrainConfig(stage, options.config, {
    ...(data === undefined ? {} : { data }),
    ...(out === undefined ? {} : { out }),
    ...(steps === undefined ? {} : { steps }),
    ...(model === undefined ? {} : { model }),
    ...(isSeedTyped ? { seed } : {}),
  });
  if (merge && config.adapter === undefined) {
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${options.config}: --merge: expected an adapter in the config, got none; without one the model folder is whole`,
    );
  }
  if (config.worker === true && backend !== undefined && isEager(backend)) {
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${options.config}: worker: expected a backend of onnxruntime for a worker, got ${backend}; leave worker out`,
    );
  }
  const summary = await interruptible(
    (signal) => runTrain(config, { resume, merge, signal, ...(backend === undefined ? {} : { backend }) }),
    'the same command with --resume goes on where this one stopped',
  );
  const loss = summary.loss === undefined ? '' : `, loss ${summary.loss.toFixed(4)}`;
  const text = [
    `${stage}: ${summary.steps} steps${loss}`,
    `model: ${summary.model}`,
    ...(summary.adapter === undefined ? [] : [`adapter: ${summary.adapter}`]),
    ...(summary.merged === undefined ? [] : [`merged: ${summary.merged}`]),
    `checkpoint: ${summary.checkpoint} (SHA-256 ${summary.sha256})`,
  ].join('\n');
  printResult(options, summary, text);
}
