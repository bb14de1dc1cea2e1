import { sceneWords } from '@fgam/data';
import {
  compactConfig,
  type CompactOverrides,
  createTokenizer,
  createWeights,
  type FgamModel,
  vocabularyFromTexts,
} from '@fgam/models';
import { feedbackWords } from '@fgam/rectifier';
import { type Family, FAMILY_CONFIG } from './families.js';

/** The vocabulary is padded to a multiple of this, which matrix products like. */
const VOCABULARY_UNIT = 8;
/** Side of the images that the compact model reads, unless data says otherwise. */
const IMAGE_SIZE = 64;

/** What an untrained compact model is made for. */
export interface NewModelOptions {
  readonly seed: number;
  /** Texts whose words it knows, beside those of feedback. Default: the words of scenes. */
  readonly texts?: readonly string[];
  /** Side of its images in pixels. Default 64. */
  readonly imageSize?: number | undefined;
  /** Convolutions in place of the usual stem. */
  readonly stem?: readonly { readonly kernel: number; readonly stride: number; readonly width: number }[];
  /** Hidden width of a detection head's boxes. Default: no such head. */
  readonly boxHiddenSize?: number;
  /** Default `llava`. */
  readonly family?: Family | undefined;
  /** Half the widths and half the layers, for a student. Default false. */
  readonly isSmall?: boolean;
}

/** Half the widths and about half the layers of `compactConfig`. */
const SMALL = {
  vision_config: { hidden_size: 64, intermediate_size: 256, num_hidden_layers: 2 },
  text_config: { hidden_size: 64, intermediate_size: 160, num_hidden_layers: 2 },
  fgam: {
    stem: {
      kind: 'convolution',
      stages: [
        { kernel: 8, stride: 4, width: 32 },
        { kernel: 2, stride: 2, width: 64 },
      ],
    },
  },
} as const satisfies CompactOverrides;

/** An untrained compact model with the words of its texts and of feedback about them. */
export function newCompactModel({
  seed,
  texts = sceneWords(),
  imageSize = IMAGE_SIZE,
  stem,
  boxHiddenSize,
  family = 'llava',
  isSmall = false,
}: NewModelOptions): FgamModel {
  const tokenizer = createTokenizer(vocabularyFromTexts([...texts, ...feedbackWords()]));
  const size = Math.ceil(tokenizer.size / VOCABULARY_UNIT) * VOCABULARY_UNIT;
  const small: CompactOverrides = isSmall ? SMALL : {};
  const config = compactConfig({
    ...small,
    vision_config: { ...small.vision_config, image_size: imageSize },
    text_config: { ...small.text_config, vocab_size: size },
    fgam: {
      ...small.fgam,
      ...FAMILY_CONFIG[family],
      ...(stem === undefined ? {} : { stem: { kind: 'convolution', stages: [...stem] } }),
      ...(boxHiddenSize === undefined ? {} : { box_hidden_size: boxHiddenSize }),
    },
  });
  return { config, tokenizer, weights: createWeights(config, seed) };
}
