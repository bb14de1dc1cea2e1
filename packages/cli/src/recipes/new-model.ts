import { sceneWords } from '@fgam/data';
import {
  compactConfig,
  createTokenizer,
  createWeights,
  type FgamModel,
  vocabularyFromTexts,
} from '@fgam/models';
import { feedbackWords } from '@fgam/rectifier';

/** The vocabulary is padded to a multiple of this, which matrix products like. */
const VOCABULARY_UNIT = 8;

/** An untrained compact model with the words of scenes and of feedback about them. */
export function newCompactModel(seed: number): FgamModel {
  const tokenizer = createTokenizer(vocabularyFromTexts([...sceneWords(), ...feedbackWords()]));
  const size = Math.ceil(tokenizer.size / VOCABULARY_UNIT) * VOCABULARY_UNIT;
  const config = compactConfig({ text_config: { vocab_size: size } });
  return { config, tokenizer, weights: createWeights(config, seed) };
}
