import type { ImageSource } from '@fgam/data';
import { decodeImage } from '@fgam/data';
import { z } from 'zod';
import { modelsError } from '../error.js';
import type { Transformers } from './load-transformers.js';

/** What the library gives is unknown to the compiler. */
const tensors = z.record(z.string(), z.unknown());

/** Kinds of models, by what their processors take first. */
const PROCESSOR_ORDER: Readonly<Record<string, 'images' | 'text'>> = {
  llava: 'images',
  lfm2_vl: 'images',
  paligemma: 'images',
  qwen2_vl: 'text',
  qwen2_5_vl: 'text',
  qwen3_vl: 'text',
  idefics3: 'text',
  smolvlm: 'text',
  gemma3: 'text',
};

/** Makes a model's inputs of a prompt, and of an image that has its place there. */
export type OnnxInputs = (image: ImageSource | undefined, prompt: string) => Promise<Record<string, unknown>>;

/**
 * How a kind of model is asked.
 *
 * @throws FgamError `models/bad-checkpoint` for a kind that is not known
 */
export function onnxInputs(
  { RawImage }: Transformers,
  type: string,
  processor: (first: unknown, second: unknown) => Promise<unknown>,
  tokenize: (text: string) => unknown,
): OnnxInputs {
  const order = PROCESSOR_ORDER[type];
  if (order === undefined)
    throw modelsError(
      'models/bad-checkpoint',
      `openOnnxAnswerer: expected a model of type ${Object.keys(PROCESSOR_ORDER).join(', ')}, got ${type}; ` +
        'onnx-community/Qwen2-VL-2B-Instruct is one',
    );
  return async (image, prompt) => {
    if (image === undefined) return tensors.parse(tokenize(prompt));
    const { data, width, height } = await decodeImage(image, { alpha: 'drop' });
    const picture = new RawImage(Uint8ClampedArray.from(data), width, height, 3);
    // Qwen2-VL's processor takes a list only.
    const [images, text] = order === 'images' ? [picture, prompt] : [[picture], prompt];
    return tensors.parse(order === 'images' ? await processor(images, text) : await processor(text, images));
  };
}
