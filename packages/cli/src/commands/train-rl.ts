import type { Command } from 'commander';
import { interruptible } from '../interrupt.js';
import { printResult } from '../output.js';
import { readDpoConfig } from '../train/dpo-config.js';
import { readHybridConfig } from '../train/hybrid-config.js';
import { readRlConfig } from '../train/rl-config.js';
import { withProcesses } from '../train/processes.js';
import { runDpo } from '../train/run-dpo.js';
import { checkRlInputs, type RlSummary, runRl } from '../train/run-rl.js';
import { runTrain } from '../train/run-train.js';
import { positiveNumber } from '../whole-number.js';
import {
  addTrainOptions,
  overridesOf,
  RESUME,
  runStartOf,
  type TrainCommandOptions,
} from './train-options.js';

/** `fgam train rl|dpo|hybrid`: reinforcement by a critic, preferences, and reinforcement after instruction tuning. */
export function addTrainRlCommands(train: Command): void {
  const add = (name: string, description: string, data = 'scenes folder'): Command =>
    addTrainOptions(train.command(name).description(description), {
      data,
      model:
        'a model folder, compact-base, compact-minigpt4, or a folder of the Hugging Face hub with an adapter in the config',
    });
  add('rl', "PPO or GRPO on the model's own answers and revisions, with a critic as reward")
    .option('--steps <n>', "updates, in place of the config's", positiveNumber)
    .action(async (options: TrainCommandOptions, command: Command) => {
      const start = await runStartOf(options);
      const config = await readRlConfig(options.config, overridesOf(options, command));
      const summary = await interruptible((signal) => runRl(config, { ...start, signal }), RESUME);
      printResult(options, summary, rlText(summary));
    });
  add(
    'dpo',
    'DPO on trajectories: what was accepted in the end against what was refused at first',
    'trajectories file, or a folder of data trajectories',
  )
    .option('--steps <n>', "updates, in place of the config's", positiveNumber)
    .action(async (options: TrainCommandOptions, command: Command) => {
      const start = await runStartOf(options);
      const config = await readDpoConfig(options.config, overridesOf(options, command));
      const summary = await withProcesses((communicator) =>
        interruptible((signal) => runDpo(config, { ...start, signal, communicator }), RESUME),
      );
      if (summary === undefined) return;
      const { pairs, loss = Number.NaN, accuracy = Number.NaN } = summary;
      const text =
        `dpo: ${summary.steps} steps on ${pairs} pairs, loss ${loss.toFixed(4)}, ${(100 * accuracy).toFixed(0)} % of the last pairs preferred\n` +
        placesText(summary);
      printResult(options, summary, text);
    });
  add('hybrid', 'SFT on corrections, and RL from where it ended').action(
    async (options: TrainCommandOptions, command: Command) => {
      const start = await runStartOf(options);
      const config = await readHybridConfig(options.config, overridesOf(options, command));
      await checkRlInputs(config.rl);
      const trained = await interruptible(async (signal) => {
        const tuned = await runTrain(config.sft, { ...start, signal });
        return tuned && { sft: tuned, rl: await runRl(config.rl, { ...start, signal }) };
      }, RESUME);
      if (trained === undefined) return;
      const { sft, rl } = trained;
      const text = `sft: ${sft.steps} steps, loss ${(sft.loss ?? Number.NaN).toFixed(4)}\n${rlText(rl)}`;
      printResult(options, { stage: 'hybrid', out: config.out, model: rl.model, sft, rl }, text);
    },
  );
}

function rlText({ steps, reward, disagreement, klToReference, ...places }: RlSummary): string {
  const watched =
    disagreement === undefined
      ? ''
      : `, the auditor apart in ${disagreement.first.toFixed(3)} -> ${disagreement.last.toFixed(3)}`;
  return (
    `rl: ${steps} steps, reward ${reward.first.toFixed(3)} -> ${reward.last.toFixed(3)}${watched}, KL to the start ${klToReference.toFixed(4)} nats a token\n` +
    placesText(places)
  );
}

/** Where what was trained is. */
function placesText({
  model,
  adapter,
  checkpoint,
  sha256,
}: Pick<RlSummary, 'model' | 'adapter' | 'checkpoint' | 'sha256'>): string {
  const trained = adapter === undefined ? '' : `\nadapter: ${adapter}`;
  return `model: ${model}${trained}\ncheckpoint: ${checkpoint} (SHA-256 ${sha256})`;
}
