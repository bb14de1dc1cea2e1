import { isEager } from '@fgam/compile';
import { FgamError } from '@fgam/data';
import type { Command } from 'commander';
import { interruptible } from '../interrupt.js';
import { printResult } from '../output.js';
import { runTrain } from '../train/run-train.js';
import { prepareProcesses, withProcesses } from '../train/processes.js';
import { readTrainConfig, type TrainStage } from '../train/train-config.js';
import { usageError } from '../usage-error.js';
import { positiveNumber } from '../whole-number.js';
import { addTrainBaseCommand } from './train-base.js';
import { addTrainGroundingCommand } from './train-grounding.js';
import { addTrainModuleCommand } from './train-module.js';
import {
  addTrainOptions,
  overridesOf,
  RESUME,
  runStartOf,
  type TrainCommandOptions,
  type TrainInputs,
} from './train-options.js';
import { addTrainRlCommands } from './train-rl.js';

interface TrainOptions extends TrainCommandOptions {
  readonly merge?: boolean;
}

/** A compact model. */
const COMPACT = 'a model folder, compact-base, compact-minigpt4, new or new-small';
const OF_STAGE_2: TrainInputs = {
  data: 'scenes or shard folder, or a file of trajectories',
  model: `${COMPACT}, or a folder of the Hugging Face hub`,
};

const STAGES: readonly (readonly [stage: TrainStage, description: string, what: TrainInputs])[] = [
  [
    'stage1',
    'stage 1: region-text contrast, global contrast and spatial consistency',
    { data: 'scenes or shard folder', model: COMPACT },
  ],
  ['sft', 'instruction tuning, with corrections where the config says so', OF_STAGE_2],
  ['rm', 'the rectification module: feedback on right and wrong responses', OF_STAGE_2],
];

/** `fgam train stage1|sft|rm|rl|hybrid`: a training run from a config file. */
export function addTrainCommands(program: Command): void {
  const train = program
    .command('train')
    .description('train a stage from a config file; mpirun -n N fgam train ... shares it between N processes')
    .hook('preAction', (_, command) => prepareProcesses(command));
  for (const [stage, description, what] of STAGES) {
    const command = addTrainOptions(train.command(stage).description(description), what)
      .option('--steps <n>', "updates, in place of the config's", positiveNumber)
      .action((options: TrainOptions, command: Command) => runStage(stage, options, command));
    // Stage 1 trains compact models, which have no adapters.
    if (stage !== 'stage1')
      command.option(
        '--merge',
        'write the model with its adapter in it, too, where the config has an adapter',
      );
  }
  addTrainBaseCommand(train);
  addTrainGroundingCommand(train);
  addTrainModuleCommand(train);
  addTrainRlCommands(train);
}

async function runStage(stage: TrainStage, options: TrainOptions, command: Command): Promise<void> {
  const { merge = false } = options;
  const start = await runStartOf(options);
  const { backend } = start;
  const config = await readTrainConfig(stage, options.config, overridesOf(options, command));
  if (merge && config.adapter === undefined)
    usageError(
      command,
      `--merge: expected an adapter in ${options.config}, got none; without one the model folder is whole, leave it out`,
    );
  if (config.worker === true && backend !== undefined && isEager(backend)) {
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${options.config}: worker: expected a backend of onnxruntime for a worker, got ${backend}; leave worker out`,
    );
  }
  const summary = await withProcesses((communicator) =>
    interruptible((signal) => runTrain(config, { ...start, merge, signal, communicator }), RESUME),
  );
  // Another process tells.
  if (summary === undefined) return;
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
