import { type Backend, BACKENDS, findBackends } from '@fgam/compile';
import { type Command, Option } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { readDpoConfig } from '../train/dpo-config.js';
import { readHybridConfig } from '../train/hybrid-config.js';
import { readRlConfig } from '../train/rl-config.js';
import { runDpo } from '../train/run-dpo.js';
import { checkRlInputs, type RlSummary, runRl } from '../train/run-rl.js';
import { runTrain } from '../train/run-train.js';
import { positiveNumber } from '../whole-number.js';

interface RlOptions extends CommonOptions {
  readonly config: string;
  readonly resume?: boolean;
  readonly data?: string;
  readonly out?: string;
  readonly steps?: number;
  readonly model?: string;
  readonly backend?: Backend | 'auto';
}

const RESUME = 'the same command with --resume goes on where this one stopped';

/** `fgam train rl|dpo|hybrid`: reinforcement by a critic, preferences, and reinforcement after instruction tuning. */
export function addTrainRlCommands(train: Command): void {
  const add = (name: string, description: string): Command =>
    train
      .command(name)
      .description(description)
      .requiredOption('--config <file>', 'JSON file that states the run; its paths are relative to it')
      .option('--resume', 'go on from the last checkpoint in the output folder')
      .option('--data <path>', "scenes folder (DPO: trajectories file), in place of the config's")
      .option('--out <folder>', "output folder, in place of the config's")
      .option('--model <model>', "a model folder or compact-base, in place of the config's")
      .addOption(
        new Option('--backend <name>', 'where programs run; fgam doctor lists them').choices([
          'auto',
          ...BACKENDS,
        ]),
      );
  add('rl', "PPO or GRPO on the model's own answers and revisions, with a critic as reward")
    .option('--steps <n>', "updates, in place of the config's", positiveNumber)
    .action(async (options: RlOptions, command: Command) => {
      const backend = await backendOf(options);
      const { steps } = options;
      const config = await readRlConfig(options.config, {
        ...overridesOf(options, command),
        ...(steps === undefined ? {} : { steps }),
      });
      const summary = await interruptible(
        (signal) => runRl(config, { resume: options.resume ?? false, signal, ...backend }),
        RESUME,
      );
      printResult(options, summary, rlText(summary));
    });
  add('dpo', 'DPO on trajectories: what was accepted in the end against what was refused at first')
    .option('--steps <n>', "updates, in place of the config's", positiveNumber)
    .action(async (options: RlOptions, command: Command) => {
      const backend = await backendOf(options);
      const { steps } = options;
      const config = await readDpoConfig(options.config, {
        ...overridesOf(options, command),
        ...(steps === undefined ? {} : { steps }),
      });
      const summary = await interruptible(
        (signal) => runDpo(config, { resume: options.resume ?? false, signal, ...backend }),
        RESUME,
      );
      const { pairs, loss = Number.NaN, accuracy = Number.NaN } = summary;
      const text =
        `dpo: ${summary.steps} steps on ${pairs} pairs, loss ${loss.toFixed(4)}, ${(100 * accuracy).toFixed(0)} % of the last pairs preferred\n` +
        placesText(summary);
      printResult(options, summary, text);
    });
  add('hybrid', 'SFT on corrections, and RL from where it ended').action(
    async (options: RlOptions, command: Command) => {
      const backend = await backendOf(options);
      const config = await readHybridConfig(options.config, overridesOf(options, command));
      const { resume = false } = options;
      await checkRlInputs(config.rl);
      const { sft, rl } = await interruptible(async (signal) => {
        const tuned = await runTrain(config.sft, { resume, signal, ...backend });
        return { sft: tuned, rl: await runRl(config.rl, { resume, signal, ...backend }) };
      }, RESUME);
      const text = `sft: ${sft.steps} steps, loss ${(sft.loss ?? Number.NaN).toFixed(4)}\n${rlText(rl)}`;
      printResult(options, { stage: 'hybrid', out: config.out, model: rl.model, sft, rl }, text);
    },
  );
}

async function backendOf({ backend }: RlOptions): Promise<{ readonly backend?: Backend }> {
  return backend === undefined ? {} : { backend: (await findBackends(backend)).picked };
}

function overridesOf({ data, out, model, seed }: RlOptions, command: Command) {
  // Every command has a seed by default: the config's own gives way only to one that was typed.
  const isSeedTyped = command.getOptionValueSource('seed') === 'cli';
  return {
    ...(data === undefined ? {} : { data }),
    ...(out === undefined ? {} : { out }),
    ...(model === undefined ? {} : { model }),
    ...(isSeedTyped ? { seed } : {}),
  };
}

function rlText({ steps, reward, klToReference, ...places }: RlSummary): string {
  return (
    `rl: ${steps} steps, reward ${reward.first.toFixed(3)} -> ${reward.last.toFixed(3)}, KL to the start ${klToReference.toFixed(4)} nats a token\n` +
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
