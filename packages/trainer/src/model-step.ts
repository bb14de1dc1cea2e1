import {
  cacheTokens,
  collateConversations,
  collateDetections,
  collatePixels,
  collateRegions,
  createRegionNegatives,
  hardNegatives,
  photoNames,
  PixelCache,
  type RegionPooling,
  type RegionSample,
  type RelationOptions,
  SCENE_SWAPS,
  type SwapVocabulary,
} from '@fgam/data';
import { decaysWeight, type FgamModel, type Recompute, visionGrid } from '@fgam/models';
import { checkParts } from './check-parts.js';
import { compositeLoss } from './composite-loss.js';
import {
  cacheImageHashes,
  fingerprintExamples,
  fingerprintTokenizer,
  fingerprintWeights,
} from './fingerprint.js';
import { shuffledWrongCaptions } from './hacl-captions.js';
import {
  contrastsRegions,
  hasDetection,
  hasHacl,
  hasHardNegatives,
  hasRelations,
  type LossWeights,
} from './loss-weights.js';
import { createSourceTurns } from './source-turns.js';
import type { Step } from './step.js';
import { createTeacher, type Distillation } from './teacher.js';
import { trainableUnder } from './trainable-under.js';
import type { TrainingSource } from './training-source.js';

/** Wrong descriptions of a region, unless an option says otherwise. */
const NEGATIVES = 3;
/** Wrong captions of an image, unless an option says otherwise: HACL's one. */
const WRONG_CAPTIONS = 1;

/** Options of {@link createModelStep}. */
export interface ModelStepOptions {
  readonly name: string;
  readonly model: FgamModel;
  readonly sources: readonly TrainingSource[];
  readonly weights: LossWeights;
  readonly batchSize: number;
  readonly seed: number;
  /** Regions of an image in a batch; of more, this many are drawn. Default 6. */
  readonly maxRegions?: number;
  /**
   * By what regions are pooled, their boxes or, where they have one, their masks. Part of the run's
   * identity. Default `box`.
   */
  readonly regionPooling?: RegionPooling;
  /**
   * Wrong descriptions of each region, for the loss's hard negatives. Default: 3, by the words of scenes.
   * `photos`: by the names and attributes of all samples, each checked against its image's annotation.
   * `columns`: they are columns of the region-text loss, which every region of the batch sees (HACL's form),
   * beside a term of their own where `hardNegatives` has a weight.
   */
  readonly negatives?: {
    readonly count?: number;
    readonly vocabulary?: SwapVocabulary;
    readonly photos?: boolean;
    readonly columns?: boolean;
  };
  /** What two boxes are to each other, for SCC. Default: as `relationBetween` has it. */
  readonly relations?: RelationOptions;
  /** Wrong captions of each image that HACL sees at a visit. Default 1. */
  readonly wrongCaptions?: number;
  /** Phrases of a batch that detection tells from each other. Default 64. */
  readonly maxPhrases?: number;
  /** Tokens of a region's description and of a caption. Default 16 and 64. */
  readonly maxTokens?: number;
  readonly maxCaptionTokens?: number;
  /**
   * Activations that are computed again in the backward pass: all of a layer for the memory of one, or the
   * cheap ones. Part of the run's identity. Default false.
   */
  readonly recompute?: Recompute;
  /**
   * Whether rows have their images before them; without, the language model alone is trained, on texts that
   * say what is to be known of the image. Part of the run's identity. Default true.
   */
  readonly readsImages?: boolean;
  /** The teacher of a student, where `distillation` has a weight. */
  readonly distillation?: Distillation;
  /** Share it between steps, so that images are decoded once. */
  readonly pixels?: PixelCache;
}

/**
 * The step of every stage: which parts the loss has is a matter of weights, what it reads a matter of sources.
 *
 * @throws FgamError `trainer/no-data` for a source without examples; `trainer/bad-config` for
 *
 * - no part with a weight
 * - HACL or detection with a weight, and a model without the heads for it
 * - a part with a weight that is not of tokens, where no images are read
 * - `distillation` with a weight, and no teacher, no weight of tokens, or a teacher of another vocabulary
 * - a source of texts alone with a teacher, without a weight of tokens, or without a length
 * @example
 * ```ts
 * import { compactConfig, createTokenizer, createWeights } from '@fgam/models';
 * import { createModelStep } from '@fgam/trainer';
 * import sharp from 'sharp';
 *
 * const red = { width: 64, height: 64, channels: 3, background: 'red' } as const;
 * const image = await sharp({ create: red }).png().toBuffer();
 * const tokenizer = createTokenizer(['is', 'it', 'red', '?', 'yes', 'no']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
 * const segments = [{ prompt: 'is it red ?', answer: 'yes' }];
 * const step = createModelStep({
 *   name: 'sft',
 *   model: { config, tokenizer, weights: createWeights(config, 1) },
 *   sources: [{ name: 'questions', examples: [{ image, segments }], length: 8 }],
 *   weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 },
 *   batchSize: 2,
 *   seed: 1,
 * });
 * // What `train` asks for: the batch of the first update, and where the data stands after it.
 * const { inputs, tokens, next } = await step.batch(1, {});
 * const shapes = [inputs['pixels'], inputs['inputIds']].map((each) => each?.shape.join(' x '));
 * if (shapes.join() !== '2 x 64 x 64 x 3,2 x 8') throw new Error(shapes.join());
 * // Two rows of 4 + 1 tokens and the one that ends the answer; the one example was seen twice.
 * if (tokens !== 12 || next['questions']?.epoch !== 1) throw new Error(String(tokens));
 * ```
 */
export function createModelStep(options: ModelStepOptions): Step {
  const { name, model, sources, weights, batchSize, seed, recompute = false } = options;
  const { maxRegions = 6, maxTokens = 16, maxCaptionTokens = 64, negatives: asked = {} } = options;
  const { maxPhrases = 64 } = options;
  const { regionPooling = 'box', relations, wrongCaptions = WRONG_CAPTIONS } = options;
  const { readsImages = true, distillation } = options;
  const negatives = { count: NEGATIVES, vocabulary: SCENE_SWAPS, ...asked };
  const negativeColumns = negatives.columns === true && weights.regionText > 0;
  const wantsNegatives = hasHardNegatives(weights) || negativeColumns;
  const { config, tokenizer } = model;
  const draw = createSourceTurns(name, sources, { batchSize, seed });
  checkParts(options);
  const teacher = distillation && createTeacher(name, distillation, { student: model, readsImages });
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
  const wantsRegions =
    weights.global > 0 || contrastsRegions(weights) || hasRelations(weights) || hasHacl(weights);
  return {
    name,
    weights: model.weights,
    tokenMask: 'targetMask',
    indivisible: hasDetection(weights) ? 'phrases of detection are those of the whole batch' : undefined,
    loss: compositeLoss({
      config,
      weights,
      blockLengths,
      recompute,
      negativeColumns,
      ...(distillation?.temperature === undefined ? {} : { temperature: distillation.temperature }),
      endId: tokenizer.eosId,
    }),
    decays: decaysWeight,
    trainable: trainableUnder(weights, config, readsImages),
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
      ...(relations === undefined ? {} : { relations }),
      ...(hasHacl(weights) ? { wrongCaptions } : {}),
      ...(hasDetection(weights) ? { maxPhrases } : {}),
      ...(readsImages ? {} : { readsImages }),
      ...(teacher === undefined ? {} : { teacher: teacher.identity }),
      initialWeights: fingerprintWeights(model.weights),
      tokenizer: fingerprintTokenizer(tokenizer),
      sources: sources.map(({ examples, ...rest }) => ({
        ...rest,
        examples: fingerprintExamples(examples, imageHash),
      })),
    },
    async batch(step, cursors) {
      const { source, examples: drawn, next } = draw(step, cursors);
      const seesImages = readsImages && source.readsImages !== false;
      const images = seesImages ? await pixels.loadAll(drawn.map(({ image }) => image)) : [];
      const conversation =
        weights.tokens > 0 && source.length !== undefined
          ? collateConversations({
              rows: drawn.map(({ segments = [] }, row) => {
                const seen = images[row];
                return seen === undefined ? { segments } : { pixels: seen, segments };
              }),
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
        wantsRegions && seesImages && samples.length === drawn.length
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
              ...(relations === undefined ? {} : { relation: relations }),
              ...(hasHacl(weights)
                ? {
                    captionNegatives: {
                      count: wrongCaptions,
                      of: ({ id }, row) => shuffledWrongCaptions(drawn[row] ?? {}, { id, seed, step }),
                    },
                  }
                : {}),
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
      const detections =
        hasDetection(weights) && seesImages && samples.length === drawn.length
          ? collateDetections({ samples, tokenize, grid, maxTokens, maxPhrases })
          : undefined;
      const teachings =
        conversation &&
        (await teacher?.logits(
          drawn.map(({ image }) => image),
          conversation.inputs,
          source.blockLength ?? source.length ?? 0,
        ));
      return {
        inputs: {
          // The loss of detection alone reads pixels too.
          ...(detections === undefined ? {} : { pixels: collatePixels(images), ...detections.inputs }),
          ...regions?.inputs,
          ...regions?.negatives,
          ...regions?.captionNegatives,
          ...conversation?.inputs,
          ...(teachings === undefined ? {} : { teacherLogits: teachings }),
        },
        tokens: conversation?.tokens ?? 0,
        next,
      };
    },
    ...(teacher === undefined ? {} : { dispose: () => teacher.dispose() }),
  };
}

function samplesOf(sources: readonly TrainingSource[]): RegionSample[] {
  return sources.flatMap(({ examples }) => examples.flatMap(({ sample }) => (sample ? [sample] : [])));
}
