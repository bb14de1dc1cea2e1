import { FgamError } from '@fgam/data';
import { INSTRUCT_PROMPT, PAPER_PROMPT, type PromptOptions } from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';
import { rmSources, sftSources } from './scene-corrections.js';
import { haclSources } from './hacl-sources.js';
import { isTrajectoryFile } from './is-trajectory-file.js';
import { captionExamples } from './shard-source.js';
import type { TrainConfig } from './train-config.js';
import { readTrainingData, type ShardImageSample } from './training-data.js';
import { trajectorySources } from './trajectory-sources.js';

/**
 * What a checkpoint of the Hugging Face hub is trained on: questions, captions and corrections of a scenes
 * folder, captions of shards, or a file of trajectories. Prompts are as instruction-tuned models expect them
 * (`instruct-1`), unless the config says otherwise.
 *
 * @throws FgamError `fgam/bad-config` for what the data cannot give; `data/empty` where it gives
 * nothing; as the readers do
 */
export async function pretrainedSources(config: TrainConfig): Promise<readonly TrainingSource[]> {
  const prompts = { template: config.prompts === PAPER_PROMPT.name ? PAPER_PROMPT : INSTRUCT_PROMPT };
  if (isTrajectoryFile(config.data)) return trajectorySources(config, prompts);
  const { hacl, seed } = config;
  const misplaced: string[] = [];
  if (config.corrections?.copying !== undefined)
    misplaced.push(
      'corrections.copying: expected a compact model with it: a row of a checkpoint has its image',
    );
  const data = await readTrainingData(config.data);
  if (data.kind === 'trajectories') throw new Error('a file of trajectories is read above');
  if (data.kind === 'shards' && (config.stage === 'rm' || config.corrections !== undefined))
    misplaced.push(
      'data: expected a scenes folder or a file of trajectories to make corrections of, got shards',
    );
  if (misplaced.length > 0)
    throw new FgamError<'fgam/bad-config'>('fgam/bad-config', `${config.data}: ${misplaced.join('; ')}`);
  const sources =
    data.kind === 'shards'
      ? shardSources(config.data, data.samples, prompts)
      : config.stage === 'rm'
        ? await rmSources(data.scenes, config, prompts)
        : await sftSources(data.scenes, config, prompts);
  return hacl === undefined
    ? sources
    : haclSources(sources, data, { folder: config.data, option: 'hacl', seed });
}

/** Captions of shards to be written. */
function shardSources(
  folder: string,
  samples: readonly ShardImageSample[],
  prompts: PromptOptions,
): TrainingSource[] {
  const examples = captionExamples(samples, prompts).filter(({ segments }) => segments.length > 0);
  if (examples.length === 0)
    throw new FgamError('data/empty', `${folder}: expected captions in the training split, got none`);
  return [{ name: 'images', examples }];
}
