import { dirname, resolve } from 'node:path';
import { FgamError, type Trajectory } from '@fgam/data';
import {
  criticSegments,
  formatPrompt,
  INSTRUCT_PROMPT,
  PAPER_PROMPT,
  type PromptOptions,
  revisionSegments,
} from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';
import { revisionTurns, rmSources, ROUND, sftSources } from './scene-corrections.js';
import { haclSources } from './hacl-sources.js';
import { readAlone } from './read-alone.js';
import { captionExamples } from './shard-source.js';
import type { TrainConfig } from './train-config.js';
import { readTrainingData, type ShardImageSample } from './training-data.js';

/** Of a trajectory file's updates, the share of revisions where the config says none: as many as of plain answers. */
const REVISIONS = 0.5;

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
  if (config.data.endsWith('.jsonl')) return trajectorySources(config, prompts);
  const { hacl, seed } = config;
  const misplaced = config.images === undefined ? [] : ['images: expected a trajectory file as data with it'];
  if (config.corrections?.copying !== undefined)
    misplaced.push(
      'corrections.copying: expected a compact model with it: a row of a checkpoint has its image',
    );
  const data = await readTrainingData(config.data);
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
        : sftSources(data.scenes, config, prompts);
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

/** Revisions of a trajectory file beside its accepted answers, or the feedback of it for the rectification module. */
async function trajectorySources(config: TrainConfig, prompts: PromptOptions): Promise<TrainingSource[]> {
  const { stage, data, images, drafts, wrongShare, corrections, hacl } = config;
  const { wrongShare: ofCorrections, copying } = corrections ?? {};
  const made = {
    ...{ drafts, wrongShare, hacl },
    ...{ 'corrections.wrongShare': ofCorrections, 'corrections.copying': copying },
  };
  const misplaced = Object.entries(made).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (misplaced.length > 0)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${data}: ${misplaced.join(', ')}: expected a scenes folder as data with it; trajectories have their drafts, and no captions`,
    );
  const trajectories = await readAlone(data);
  const examplesOf = (segmentsOf: (trajectory: Trajectory) => TrainingSegments) =>
    trajectories.flatMap((trajectory) => {
      const segments = segmentsOf(trajectory);
      const image = resolve(images ?? dirname(data), trajectory.image);
      return segments.length === 0 ? [] : [{ image, segments }];
    });
  const revisions = revisionTurns({ share: corrections?.share ?? REVISIONS });
  const critic = { name: 'critic', examples: examplesOf((each) => criticSegments(each, prompts)) };
  const answers = examplesOf(({ question, final, stop }) =>
    stop === 'accepted' ? [{ prompt: formatPrompt(question, undefined, prompts), answer: final }] : [],
  );
  const revised = examplesOf((each) => revisionSegments(each, prompts));
  const sources =
    stage === 'rm'
      ? [critic]
      : [
          { name: 'answers', examples: answers, turns: ROUND - revisions },
          { name: 'reviser', examples: revised, turns: revisions },
        ].filter(({ examples, turns }) => examples.length > 0 && turns > 0);
  if (sources.every(({ examples }) => examples.length === 0))
    throw new FgamError(
      'data/empty',
      `${data}: expected trajectories with feedback or an accepted answer, got none`,
    );
  return sources;
}

type TrainingSegments = ReturnType<typeof criticSegments>;
