import {
  cacheTokens,
  collateConversations,
  type ConversationSegment,
  collateRegions,
  createRegionNegatives,
  hardNegatives,
  type ImageSource,
  photoNames,
  PixelCache,
  type RegionPooling,
  type RegionSample,
  SCENE_SWAPS,
  type SwapVocabulary,
} from '@fgam/data';
import { decaysWeight, type FgamModel, type Recompute, visionGrid } from '@fgam/models';
import { compositeLoss, contrastsRegions, hasHardNegatives, type LossWeights } from './composite-loss.js';
import { trainerError } from './error.js';
import {
  cacheImageHashes,
  fingerprintExamples,
  fingerprintTokenizer,
  fingerprintWeights,
} from './fingerprint.js';
import { createSourceTurns } from './source-turns.js';
import type { Step } from './step.js';

/** One image to learn from. */
export interface TrainingExample {
  /** Path of the image, or its encoded bytes. A path is decoded once, bytes each time. */
  readonly image: ImageSource;
  /** Prompts and answers about it. */
  readonly segments?: readonly ConversationSegment[];
  /** Regions, caption and size, where regions or captions are contrasted. */
  readonly sample?: RegionSample;
}

/** Examples of one form. Sources take turns: of every `sum of turns` updates, each has `turns`. */
export interface TrainingSource {
  readonly name: string;
  readonly examples: readonly TrainingExample[];
  /** Updates of each round that draw from it. Default 1. */
  readonly turns?: number;
  /** Tokens of a row; segments beyond are left out of it. Default: no text. */
  readonly length?: number;
  /** Tokens that no segment crosses a multiple of; shorter blocks make attention cheaper. Default: `length`. */
  readonly blockLength?: number;
}

/** Wrong descriptions of a region, unless an option says otherwise. */
const NEGATIVES = 3;

/** Options of {@link createModelStep}. */
export interface ModelStepOptions {
  readonly name: string;
  readonly model: FgamModel;
  readonly sources: readonly TrainingSource[];
  readonly weights: LossWeights;
  readonly batchSize: number;
  readonly seed: number;
  /** Regions an image; more are drawn from. Default 6. */
  readonly maxRegions?: number;
  /** By what regions are pooled, their boxes or, where they have one, their masks. Part of the run's identity. Default `box`. */
  readonly regionPooling?: RegionPooling;
  /**
   * Wrong descriptions of each region, for the loss's hard negatives. Default: 3, by the words of scenes. `photos`: by the names and attributes of all
   * samples, each checked against its image's annotation.
   */
  readonly negatives?: {
    readonly count?: number;
    readonly vocabulary?: SwapVocabulary;
    readonly photos?: boolean;
  };
  /** Tokens of a region's description and of a caption. Default 16 and 64. */
  readonly maxTokens?: number;
  readonly maxCaptionTokens?: number;
  /** Activations that are computed again in the backward pass: all of a layer for the memory of one, or the cheap ones. Part of the run's identity. Default false. */
  readonly recompute?: Recompute;
  /** Share it between steps, so that images are decoded once. */
  readonly pixels?: PixelCache;
}

/**
 * The step of every stage: which parts the loss has is a matter of weights, what it reads a matter of sources.
 *
 * @throws FgamError `trainer/no-data` for a source without examples, `trainer/bad-config` when no part has a weight
 */
export function createModelStep(options: ModelStepOptions): Step {
  const { name, model, sources, weights, batchSize, seed, recompute = false } = options;
  const { maxRegions = 6, maxTokens = 16, maxCaptionTokens = 64, negatives: asked = {} } = options;
  const { regionPooling = 'box' } = options;
  const negatives = { count: NEGATIVES, vocabulary: SCENE_SWAPS, ...asked };
  const wantsNegatives = hasHardNegatives(weights);
  const { config, tokenizer } = model;
  const draw = createSourceTurns(name, sources, { batchSize, seed });
  if (!Object.values(weights).some((weight) => weight > 0)) {
    throw trainerError('trainer/bad-config', `${name}: expected a part of the loss with a weight above 0`);
  }
  const { grid, imageSize } = visionGrid(config);
  const pixels = options.pixels ?? new PixelCache({ size: imageSize });
  const tokenize = cacheTokens((text) => tokenizer.encode(text));
  const blockLengths = new Map(
    sources.flatMap(({ length, blockLength }): [number, number][] =>
      length === undefined ? [] : [[length, blockLength ?? length]],
    ),
  );
  const ofPhotos =
    wantsNegatives && asked.photos === true
      ? createRegionNegatives({ names: photoNames(samplesOf(sources)), count: negatives.count })
      : undefined;
  const imageHash = cacheImageHashes();
  const wantsRegions = weights.global > 0 || contrastsRegions(weights) || weights.spatial > 0;
  return {
    name,
    weights: model.weights,
    loss: compositeLoss({ config, weights, blockLengths, recompute }),
    decays: decaysWeight,
    trainable: trainableUnder(weights),
    identity: {
      name,
      config,
      weights,
      batchSize,
      seed,
      maxRegions,
      maxTokens,
      maxCaptionTokens,
      ...(wantsNegatives ? { negatives } : {}),
      ...(recompute ? { recompute } : {}),
      ...(regionPooling === 'box' ? {} : { regionPooling }),
      initialWeights: fingerprintWeights(model.weights),
      tokenizer: fingerprintTokenizer(tokenizer),
      sources: sources.map(({ examples, ...rest }) => ({
        ...rest,
        examples: fingerprintExamples(examples, imageHash),
      })),
    },
    async batch(step, cursors) {
      const { source, examples: drawn, next } = draw(step, cursors);
      const images = await pixels.loadAll(drawn.map(({ image }) => image));
      const conversation =
        weights.tokens > 0 && source.length !== undefined
          ? collateConversations({
              rows: drawn.map(({ segments = [] }, row) => ({ pixels: images[row] as Uint8Array, segments })),
              tokenize,
              eosId: tokenizer.eosId,
              padId: tokenizer.padId,
              length: source.length,
              blockLength: source.blockLength ?? source.length,
              overflow: 'drop',
            })
          : undefined;
      const samples = drawn.flatMap(({ sample }) => (sample === undefined ? [] : [sample]));
      const regions =
        wantsRegions && samples.length === drawn.length
          ? collateRegions({
              samples,
              pixels: images,
              tokenize,
              grid,
              maxRegions,
              maxTokens,
              maxCaptionTokens,
              pooling: regionPooling,
              seed: step,
              ...(wantsNegatives
                ? {
                    negatives: {
                      count: negatives.count,
                      of: (region, sample) =>
                        ofPhotos
                          ? ofPhotos(region, sample, step)
                          : hardNegatives(region.description, { ...negatives, seed: step }),
                    },
                  }
                : {}),
            })
          : undefined;
      return {
        inputs: { ...regions?.inputs, ...regions?.negatives, ...conversation?.inputs },
        tokens: conversation?.tokens ?? 0,
        next,
      };
    },
  };
}

function samplesOf(sources: readonly TrainingSource[]): RegionSample[] {
  return sources.flatMap(({ examples }) => examples.flatMap(({ sample }) => (sample ? [sample] : [])));
}

/** Weights that some part of the loss reaches; decay would shrink the others for nothing. */
function trainableUnder(weights: LossWeights): (name: string) => boolean {
  const contrast = weights.global > 0 || contrastsRegions(weights);
  return (name) => {
    if (name.startsWith('fgam.relation_head')) return weights.spatial > 0;
    if (name === 'fgam.region_logit_scale') return contrastsRegions(weights);
    if (name === 'fgam.image_logit_scale') return weights.global > 0;
    if (name.startsWith('fgam.text_projection')) return contrast;
    if (name.startsWith('fgam.vision_projection')) return contrast || weights.spatial > 0;
    if (name.startsWith('multi_modal_projector')) return weights.tokens > 0;
    return true;
  };
}
