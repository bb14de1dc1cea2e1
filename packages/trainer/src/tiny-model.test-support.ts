import {
  compactConfig,
  createTokenizer,
  createWeights,
  type FgamModel,
  vocabularyFromTexts,
} from '@fgam/models';
import sharp from 'sharp';

/** A model of a few thousand parameters that has words for some texts, over images of 16 pixels. */
export function createTinyModel(texts: readonly string[]): FgamModel {
  const tokenizer = createTokenizer(vocabularyFromTexts(texts));
  const side = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
  const config = compactConfig({
    vision_config: { image_size: 16, ...side },
    text_config: { vocab_size: tokenizer.size, ...side },
    fgam: { embed_dim: 8, relation_hidden_size: 8, connector_merge: 1 },
  });
  return { config, tokenizer, weights: createWeights(config, 1) };
}

/** Writes an image of one colour, and returns its path. */
export async function saveColour(
  path: string,
  background: string,
  { width, height }: { readonly width: number; readonly height: number } = { width: 16, height: 16 },
): Promise<string> {
  await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toFile(path);
  return path;
}
