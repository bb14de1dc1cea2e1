import type { NameRule } from '../checkpoint/weight-names.js';
import type { LanguageConfig } from '../config.js';
import type { HostTensor, TensorMap, TensorSpec } from '@fgam/compile';
import type { LayerOptions } from '../blocks/layer.js';
import type { Program } from '../generation/programs.js';
import type { VisualExtent } from '../generation/spliced-prompt.js';
import type { ImageProcessor } from '../processors/image-processor.js';
import type { WeightSpec } from '../weight-specs.js';

/**
 * One architecture of checkpoints: everything that is not shared. A family maps a config onto the blocks,
 * says which weights it has and what they are called in files, and how images become visual tokens; reading,
 * generation, tokenizers and chat templates are the same for all.
 */
export interface Family {
  /** `model_type` of its `config.json`. */
  readonly modelType: string;
  /** @throws FgamError `models/bad-config` that lists every fault */
  open(configJson: unknown): FamilyModel;
}

/**
 * Parts of an architecture that are trained or frozen as wholes: tower, Q-Former, what joins them to the
 * language model, and that.
 */
export const MODEL_PARTS = ['vision', 'qFormer', 'connector', 'language'] as const;

/** One of them. */
export type ModelPart = (typeof MODEL_PARTS)[number];

/** An architecture of given sizes. */
export interface FamilyModel {
  readonly modelType: string;
  readonly config: LanguageConfig;
  /** The token that stands for visual tokens in a prompt. */
  readonly imageTokenId: number;
  /**
   * Visual tokens go before all of a prompt, `<s>` too, and have no place in its text. Default
   * false: at their image tokens.
   */
  readonly imagesFirst?: boolean;
  /** Present where visual tokens depend on the prompt. */
  readonly instruction?: InstructionReader;
  /** The model's weights by the names of the blocks. */
  readonly weightSpecs: readonly WeightSpec[];
  /** How files of all generations call them. */
  readonly names: readonly NameRule[];
  /** What names of weights begin with, part by part; each weight is of one part. */
  readonly parts: Readonly<Partial<Record<ModelPart, readonly string[]>>>;
  /**
   * Whether the model reads a weight. Some are in the files and change nothing: a step that trains them
   * would only let them decay.
   */
  readonly isRead: (name: string) => boolean;
  /** Names in files, after {@link names}, that are no weights: buffers, tied copies. */
  isIgnored(name: string): boolean;
  /**
   * Prepares images as the family's processor does.
   *
   * @param json - the image processor's config
   * @throws FgamError `models/bad-config` that lists every fault
   */
  createProcessor(json: unknown): ImageProcessor;
  /** The visual tokens that a prepared image will have, by its shapes. */
  visualExtent(prepared: Readonly<Record<string, Pick<HostTensor, 'shape'>>>): VisualExtent;
  /**
   * Shapes of what the processor makes of an image: of 448 x 448 pixels where the model takes
   * images in their own size.
   */
  readonly imageSpecs: Readonly<Record<string, TensorSpec>>;
  /**
   * From the processor's tensors of N images of the same shapes to `visual` [N, M, D] float32, or [N, R, C,
   * D] where visual tokens keep their rows and columns, or to what `instruction` reads.
   */
  readonly visual: VisualProgram;
}

/** A program of the vision side, whose layers a training step may compute again. */
export type VisualProgram = (weights: TensorMap, inputs: TensorMap, options?: LayerOptions) => TensorMap;

/** How visual tokens are made of an image's features and of the prompt in the tokens of `qformer_tokenizer`. */
export interface InstructionReader {
  /** Tokens that it has embeddings of. */
  readonly vocabulary: number;
  /** Most tokens of a prompt. */
  readonly length: number;
  /**
   * From `features` [N, ...] float32, `instruction` [N, T] int32 and `mask` [N, T] float32 (0 for padding) to
   * `visual` [N, M, D] float32.
   */
  readonly read: Program;
}
