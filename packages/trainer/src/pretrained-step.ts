import type { ConversationSegment } from '@fgam/data';
import {
  type Adapter,
  adapterWeights,
  answerBatch,
  answerTokens,
  createHaclWeights,
  decaysWeight,
  fitsRow,
  imageBatch,
  isAdapterWeight,
  type PretrainedModel,
  type Recompute,
} from '@fgam/models';
import { answerLoss } from './answer-loss.js';
import { trainerError } from './error.js';
import { cacheImageHashes, fingerprintExamples, fingerprintWeights } from './fingerprint.js';
import { fingerprintPretrained } from './fingerprint-pretrained.js';
import { createHaclCaptions, type HaclOptions } from './hacl-captions.js';
import { haclLoss } from './hacl-loss.js';
import type { TrainingExample, TrainingSource } from './training-source.js';
import { paddedLength } from './padded-length.js';
import { createSourceTurns } from './source-turns.js';
import type { Step } from './step.js';

/** Rows are as long as the longest of a batch in steps of this, so that graphs are few. */
const ROW_UNIT = 64;

/** Options of {@link createPretrainedStep}. */
export interface PretrainedStepOptions {
  readonly name: string;
  /** What is trained is in memory, the rest may stay in its files. */
  readonly model: PretrainedModel;
  /** Trained in place of the model's own weights. Default: none. */
  readonly adapter?: Adapter;
  /**
   * Which of the model's weights in memory are trained, where there is no adapter. Default:
   * all that the model reads.
   */
  readonly isTrained?: (name: string) => boolean;
  /**
   * Each segment of an example is a row of its own: an image, a prompt in the checkpoint's
   * chat template, an answer.
   */
  readonly sources: readonly TrainingSource[];
  readonly batchSize: number;
  readonly seed: number;
  /**
   * Tokens that every row is padded to: one graph for all batches. Default: those of a batch's longest,
   * rounded up to a multiple of 64.
   */
  readonly rowTokens?: number;
  /**
   * Equal parts that a batch is taken in: the `microBatches` that `train` is told, times the processes of its
   * communicator. Default 1.
   */
  readonly microBatches?: number;
  /**
   * Activations that are computed again in the backward pass: all of a layer for the memory of one, or the
   * cheap ones. Default false.
   */
  readonly recompute?: Recompute;
  /**
   * HACL beside the answers, on the examples' captions and wrong captions (`sample`, `wrongCaptions`): for
   * LLaVA, MiniGPT-4 and BLIP-2. Its weights (`createHaclWeights`) are trained too and are in checkpoints,
   * but in no model. Part of the run's identity. Default: none.
   */
  readonly hacl?: HaclOptions;
}

/** HACL's space and wrong captions, unless an option says otherwise. */
const HACL = { embedDim: 256, wrongCaptions: 1 };

/**
 * The step of supervised fine-tuning of a checkpoint of the Hugging Face hub, whole, in part or by an
 * adapter: each image through the checkpoint's own processor, each prompt through its template and tokenizer.
 * Frozen weights in files are neither copied nor saved with checkpoints.
 *
 * @throws FgamError `trainer/no-data` for a source without examples, `trainer/bad-config` where nothing is
 * trained, or for HACL of another family; `batch` throws `trainer/bad-config` for a row of more tokens than
 * `rowTokens` or the model's positions, and as `answerTokens` and the image reader do
 * @example
 * ```ts no-run
 * import { createAdapter, loadPretrained } from '@fgam/models';
 * import { createPretrainedStep, train } from '@fgam/trainer';
 *
 * // The base stays in its files: the adapter alone is trained and saved.
 * const model = await loadPretrained('llava-1.5-7b-hf', { weights: 'files' });
 * const step = await createPretrainedStep({
 *   name: 'sft',
 *   model,
 *   adapter: createAdapter(model.family, { rank: 8 }),
 *   sources: [
 *     {
 *       name: 'questions',
 *       examples: [{ image: 'dog.jpg', segments: [{ prompt: 'Is there a cat?', answer: 'No' }] }],
 *     },
 *   ],
 *   batchSize: 1,
 *   seed: 1,
 * });
 * await train({ step, out: 'run', steps: 100, schedule: { learningRate: 1e-4, warmup: 10 } });
 * ```
 */
export async function createPretrainedStep(options: PretrainedStepOptions): Promise<Step> {
  const { name, model, adapter, batchSize, seed, rowTokens, microBatches = 1, recompute = false } = options;
  const { isTrained = (weight: string) => model.family.isRead(weight) } = options;
  const { family, processor, stored } = model;
  const hacl = options.hacl && { ...HACL, ...options.hacl };
  const sources = options.sources.map((source) => ({
    ...source,
    examples: rowsOf(source, hacl !== undefined),
  }));
  const draw = createSourceTurns(name, sources, { batchSize, seed });
  const haclWeights = hacl === undefined ? {} : createHaclWeights(family.config, { ...hacl, seed });
  const trainable = (weight: string): boolean =>
    weight in haclWeights || (adapter === undefined ? isTrained(weight) : isAdapterWeight(weight));
  const weights = {
    ...model.weights,
    ...(adapter === undefined ? {} : adapterWeights(family, adapter)),
    ...haclWeights,
  };
  const layers = { recompute, isTrained: trainable };
  const captions =
    hacl &&
    createHaclCaptions(
      sources.flatMap(({ examples }) => examples),
      { encode: (text) => model.tokenizer.encode(text), count: hacl.wrongCaptions, seed },
    );
  const trained = Object.fromEntries(Object.entries(weights).filter(([weight]) => trainable(weight)));
  if (Object.keys(trained).length === 0)
    throw trainerError('trainer/bad-config', `${name}: expected a weight to train in memory, got none`);
  const imageHash = cacheImageHashes();
  return {
    name,
    weights,
    ...(stored === undefined ? {} : { stored }),
    loss:
      hacl === undefined
        ? answerLoss(family, layers)
        : haclLoss(family, { ...layers, alpha: hacl.alpha, endId: endOf(model) }),
    tokenMask: 'mask',
    decays: decaysWeight,
    trainable,
    identity: {
      name,
      ...(await fingerprintPretrained(model)),
      ...(adapter === undefined
        ? {}
        : { adapter: { rank: adapter.rank, alpha: adapter.alpha, targets: adapter.targets } }),
      trained: fingerprintWeights(trained),
      batchSize,
      seed,
      ...(rowTokens === undefined ? {} : { rowTokens }),
      ...(recompute ? { recompute } : {}),
      ...(hacl === undefined ? {} : { hacl }),
      sources: sources.map(({ name: source, turns, examples }) => ({
        name: source,
        ...(turns === undefined ? {} : { turns }),
        examples: fingerprintExamples(examples, imageHash),
      })),
    },
    async batch(step, cursors) {
      const { examples, next } = draw(step, cursors);
      const prepared = await Promise.all(examples.map(({ image }) => processor.prepare(image)));
      const rows = examples.map(({ segments: [segment] }, i) => ({
        ...answerTokens(model, segment, [family.visualExtent(prepared[i] ?? {})]),
        weight: segment.weight ?? 1,
      }));
      const lengths = rows.map((row) => row.promptIds.length + row.answerIds.length);
      const long = rows.findIndex((row) => !fitsRow(family, row, rowTokens));
      if (long >= 0)
        throw trainerError(
          'trainer/bad-config',
          `${name}: expected rows that fit the model and rowTokens (fitsRow), got one of ${lengths[long] ?? 0} tokens (${JSON.stringify(examples[long]?.segments[0].prompt)}); leave it out`,
        );
      const instructions = rows.map(({ instruction }) => instruction);
      const images = imageBatch(family, prepared, { instructions, parts: microBatches });
      const length = rowTokens ?? paddedLength(lengths, ROW_UNIT);
      const placed = rows.map((row, i) => ({ ...row, images: images.places.slice(i, i + 1) }));
      return {
        inputs: {
          ...images.inputs,
          ...answerBatch(placed, { ...family, length }),
          ...captions?.(examples, step),
        },
        tokens: lengths.reduce((sum, length) => sum + length, 0),
        next,
      };
    },
  };
}

/** A row: an image, a prompt and an answer. */
interface Row extends TrainingExample {
  readonly segments: readonly [ConversationSegment];
}

/** Each segment of a source's examples with its image, and with its captions where they are read. */
function rowsOf({ examples }: TrainingSource, readsCaptions: boolean): Row[] {
  return examples.flatMap(({ image, segments = [], ...captions }) =>
    segments.map((segment): Row => ({ image, segments: [segment], ...(readsCaptions ? captions : {}) })),
  );
}

/** The token that ends a text. */
function endOf({ endIds: [endId], family }: PretrainedModel): number {
  if (endId === undefined)
    throw trainerError(
      'trainer/bad-config',
      `HACL: expected a token that ends texts, got none; name eos_token_id in ${family.modelType}'s generation_config.json`,
    );
  return endId;
}
