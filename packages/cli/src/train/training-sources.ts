import { createRegionNegatives, FgamError, hardNegatives, photoNames } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import type { LossWeights, TrainingSource } from '@fgam/trainer';
import { say } from '../output.js';
import { captionSource } from '../recipes/scene-sources.js';
import { evidenceSources } from './evidence-sources.js';
import { haclSources } from './hacl-sources.js';
import { rmSources, sftSources, statementSources, statementTurns } from './scene-corrections.js';
import { shardSource } from './shard-source.js';
import type { TrainConfig } from './train-config.js';
import type { ShardImageSample, TrainingData } from './training-data.js';
import { compactTrajectorySources } from './trajectory-sources.js';
import { warnUnknown } from './warn-unknown.js';

/**
 * What a run's updates draw from.
 *
 * @throws FgamError `fgam/bad-config` where a stage needs questions and the data has none; `data/empty` where
 * a part of the loss has a weight and the data nothing for it
 */
export async function trainingSources(
  config: TrainConfig,
  data: TrainingData,
  model: FgamModel,
): Promise<readonly TrainingSource[]> {
  if (config.regionPooling === 'mask') checkMasks(config, data);
  const sources = await plainSources(config, data, model);
  if ((config.weights.hacl ?? 0) === 0) return sources;
  return haclSources(sources, data, { folder: config.data, option: 'weights.hacl', seed: config.seed });
}

async function plainSources(
  config: TrainConfig,
  data: TrainingData,
  model: FgamModel,
): Promise<readonly TrainingSource[]> {
  if (data.kind === 'shards') return imageSources(config, data.samples, model);
  if (data.kind === 'trajectories') return compactTrajectorySources(config, model);
  const { scenes } = data;
  switch (config.stage) {
    case 'stage1':
      return [captionSource(scenes)];
    case 'sft':
      return sftSources(scenes, config, { encode: (text) => model.tokenizer.encode(text) });
    case 'rm':
      if (config.evidence !== undefined)
        return evidenceSources(scenes, { ...config, evidence: config.evidence }, model);
      return config.statements === undefined
        ? rmSources(scenes, config)
        : statementSources(scenes, config, { turns: statementTurns(config.statements) });
  }
}

function imageSources(
  config: TrainConfig,
  samples: readonly ShardImageSample[],
  { tokenizer }: FgamModel,
): readonly TrainingSource[] {
  if (config.stage === 'rm' || config.corrections !== undefined) {
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `data: expected a scenes folder, which has questions to make corrections of, got the shards ${config.data}`,
    );
  }
  const faults = missingParts(config, samples);
  if (faults.length > 0) throw new FgamError('data/empty', `${config.data}: ${faults.join('; ')}`);
  // SFT has nothing to learn from an image without a caption; stage 1 still has its regions.
  const used =
    config.stage === 'sft' ? samples.filter(({ sample }) => sample.caption !== undefined) : samples;
  if (used.length < samples.length)
    say(`${samples.length - used.length} of ${samples.length} images have no caption and are left out`);
  const captions = used.flatMap(({ sample }) => (sample.caption === undefined ? [] : [sample.caption]));
  const descriptions = used.flatMap(({ sample }) => sample.regions.map(({ description }) => description));
  warnUnknown('captions', tokenizer, captions);
  warnUnknown('descriptions', tokenizer, descriptions);
  const { source, longCaptions } = shardSource(used, (text) => tokenizer.encode(text));
  if (config.weights.tokens > 0 && longCaptions > 0)
    say(`warning: ${longCaptions} captions are longer than a row and are not written`);
  return [source];
}

/** Says how many regions have a mask to be pooled by; none at all is a fault. */
function checkMasks({ data: folder }: TrainConfig, data: TrainingData): void {
  const samples =
    data.kind === 'shards'
      ? data.samples.map(({ sample }) => sample)
      : data.kind === 'scenes'
        ? data.scenes.samples
        : [];
  const regions = samples.flatMap((sample) => sample.regions);
  const masked = regions.filter(({ mask }) => mask !== undefined).length;
  if (masked === 0)
    throw new FgamError(
      'data/empty',
      `${folder}: regionPooling: expected masks in the training split, got none; leave it out, or build the shards from annotations with masks`,
    );
  say(
    `${masked} of ${regions.length} regions are pooled by their masks${masked < regions.length ? ', the others by their boxes' : ''}`,
  );
}

/** Parts of the loss that have a weight and nothing to learn from. */
function missingParts({ weights, negatives }: TrainConfig, samples: readonly ShardImageSample[]): string[] {
  const hasCaption = samples.some(({ sample }) => sample.caption !== undefined);
  const most = Math.max(0, ...samples.map(({ sample }) => sample.regions.length));
  // All names of the data are looked up for these alone.
  const ofPhotos =
    negatives?.photos === true
      ? createRegionNegatives({ names: photoNames(samples.map(({ sample }) => sample)) })
      : undefined;
  const hasNegatives = samples.some(({ sample }) =>
    sample.regions.some((region) =>
      ofPhotos
        ? ofPhotos(region, sample).length > 0
        : hardNegatives(region.description, negatives).length > 0,
    ),
  );
  const needs = (part: keyof LossWeights, isThere: boolean, what: string): string[] =>
    (weights[part] ?? 0) > 0 && !isThere
      ? [`weights.${part}: expected ${what} in the training split, got none`]
      : [];
  const hasColumns = negatives?.columns !== true || hasNegatives;
  return [
    ...(hasColumns
      ? []
      : [
          'negatives.columns: expected descriptions that negatives can be made of in the training split, got none',
        ]),
    ...needs('tokens', hasCaption, 'captions'),
    ...needs('global', hasCaption, 'captions'),
    ...needs('regionText', most > 0, 'regions'),
    ...needs('hacl', hasCaption, 'captions'),
    ...needs('detection', most > 0, 'regions'),
    ...needs('hardNegatives', hasNegatives, 'descriptions that negatives can be made of'),
    ...needs('spatial', most > 1, 'images with two regions'),
    ...needs('spatialText', most > 1, 'images with two regions'),
  ];
}
