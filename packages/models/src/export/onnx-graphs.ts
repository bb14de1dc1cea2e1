import type { DynamicSpec } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { headWidth } from '../blocks/decoder.js';
import type { LanguageConfig, ModelConfig } from '../config.js';
import { modelsError } from '../error.js';
import type { FamilyModel } from '../families/family.js';
import { cacheNames, prefixProgram, type Program } from '../generation/programs.js';
import { weightOf } from '../tensors.js';
import { channelsLast, embedTokens, mergedDecoder, pastNames } from './onnx-programs.js';

/** A graph of an export: `NAME.onnx`. */
export interface OnnxGraphPlan {
  readonly name: string;
  readonly program: Program;
  readonly inputs: Readonly<Record<string, DynamicSpec>>;
}

const [BATCH, SEQUENCE, PAST] = ['batch_size', 'sequence_length', 'past_sequence_length'];
const TOTAL = `${PAST} + ${SEQUENCE}`;

/**
 * The graphs of a checkpoint, named and laid out as Optimum and transformers.js have those of LLaVA:
 * `vision_encoder` (`pixel_values` to `image_features`), `embed_tokens`, `decoder_model_merged`. Where visual
 * tokens depend on the prompt, `vision_encoder` takes it too, in the tokens of the Q-Former.
 *
 * @throws FgamError `models/not-exported` for a model that takes images in their own size
 */
export function pretrainedGraphs(family: FamilyModel): OnnxGraphPlan[] {
  const { config, imageSpecs } = family;
  const { pixels, ...others } = imageSpecs;
  const { text_config: text } = config;
  if (pixels === undefined || Object.keys(others).length > 0 || text.mrope_section !== undefined)
    throw modelsError(
      'models/not-exported',
      `exportOnnx: expected a model whose images are of one size, got ${family.modelType}, whose graphs would hold for one size of image alone; ` +
        'use an export of Optimum, such as those of onnx-community, as onnx:FOLDER',
    );
  const width = [BATCH, SEQUENCE, text.hidden_size];
  return [
    visionGraph(family, pixels.shape[1] ?? 0),
    {
      name: 'embed_tokens',
      program: embedTokens,
      inputs: { input_ids: { shape: [BATCH, SEQUENCE], dtype: 'int64' } },
    },
    decoderGraph(config, { inputs_embeds: { shape: width, dtype: 'float32' } }),
  ];
}

function visionGraph({ instruction, visual }: FamilyModel, size: number): OnnxGraphPlan {
  const words: DynamicSpec = { shape: [BATCH, 'instruction_length'], dtype: 'int64' };
  return {
    name: 'vision_encoder',
    program: (weights, inputs) => {
      const seen = visual(weights, { pixels: channelsLast(inputs) });
      if (instruction === undefined) return { image_features: weightOf(seen, 'visual') };
      const asked = {
        features: weightOf(seen, 'visual'),
        instruction: weightOf(inputs, 'qformer_input_ids'),
        mask: tf.cast(weightOf(inputs, 'qformer_attention_mask'), 'float32'),
      };
      return { image_features: weightOf(instruction.read(weights, asked), 'visual') };
    },
    inputs: {
      pixel_values: pixelSpec(size),
      ...(instruction === undefined ? {} : { qformer_input_ids: words, qformer_attention_mask: words }),
    },
  };
}

/**
 * The graphs of a compact model: `vision_prefix`, from an image to the keys and values that all later tokens
 * see, and `decoder_model_merged`, which reads tokens after them; positions go on behind the visual tokens.
 */
export function compactGraphs(config: ModelConfig): OnnxGraphPlan[] {
  const { num_hidden_layers: layers } = config.text_config;
  const prefix = prefixProgram(config);
  return [
    {
      name: 'vision_prefix',
      program: (weights, inputs) => {
        const cache = prefix(weights, { pixels: channelsLast(inputs) });
        return Object.fromEntries(
          Array.from({ length: layers }, (_, layer) => layer).flatMap((layer) =>
            (['key', 'value'] as const).map((part) => [
              pastNames(layer).present[part],
              weightOf(cache, cacheNames(layer)[part]),
            ]),
          ),
        );
      },
      inputs: { pixel_values: pixelSpec(config.vision_config.image_size) },
    },
    decoderGraph(config, { input_ids: { shape: [BATCH, SEQUENCE], dtype: 'int64' } }),
  ];
}

function pixelSpec(size: number): DynamicSpec {
  return { shape: [BATCH, 3, size, size], dtype: 'float32' };
}

function decoderGraph(config: LanguageConfig, tokens: OnnxGraphPlan['inputs']): OnnxGraphPlan {
  const { num_hidden_layers: layers, num_key_value_heads: heads } = config.text_config;
  const past: DynamicSpec = { shape: [BATCH, heads, PAST, headWidth(config)], dtype: 'float32' };
  return {
    name: 'decoder_model_merged',
    program: mergedDecoder(config),
    inputs: {
      ...tokens,
      attention_mask: { shape: [BATCH, TOTAL], dtype: 'int64' },
      position_ids: { shape: [BATCH, SEQUENCE], dtype: 'int64' },
      ...Object.fromEntries(
        Array.from({ length: layers }, (_, layer) => pastNames(layer).past).flatMap(({ key, value }) => [
          [key, past] as const,
          [value, past] as const,
        ]),
      ),
    },
  };
}
