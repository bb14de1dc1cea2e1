import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostTensor, readSafetensors } from '@fgam/compile';
import type { ImageSource } from '@fgam/data';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import type { ChatMessage } from '../text/chat-template.js';
import type { PreparedImage } from '../processors/image-processor.js';

/** All fixtures, one or more of each architecture. */
export const TINY_CHECKPOINTS = [
  'tiny-llava',
  'tiny-llava-4x',
  'tiny-qwen2-vl',
  'tiny-instructblip',
  'tiny-blip2',
  'tiny-minigpt4',
] as const;

/** One prompt of a fixture with what transformers makes of it. */
export interface TinyCase {
  readonly prompt: string;
  /** Paths below the fixture's folder. */
  readonly images: readonly string[];
  readonly input_ids: readonly number[];
  /** Of the prompt, where visual tokens depend on it. */
  readonly qformer_input_ids?: readonly number[];
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly text: string;
  /** Patches down and across of each image, where images differ in shape. */
  readonly grids?: readonly (readonly [number, number])[];
}

/** A fixture of `tools/make-tiny-checkpoints.py`. */
export interface TinyCheckpoint {
  readonly folder: string;
  readonly cases: Readonly<Record<string, TinyCase>>;
  readonly batch: { readonly tokens: readonly (readonly number[])[] };
  readonly chat: readonly { readonly messages: readonly ChatMessage[]; readonly text: string }[];
  /**
   * `CASE/hidden.I`, `CASE/logits`, `CASE/visual`, `CASE/pixel_values`; of images that differ in shape
   * the rows one after another.
   */
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/** Reads a fixture by its name. */
export async function readTinyCheckpoint(name: string): Promise<TinyCheckpoint> {
  const folder = fileURLToPath(new URL(`../../test-fixtures/${name}`, import.meta.url));
  const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as TinyCheckpoint;
  const { weights } = await readSafetensors(join(folder, 'expected.safetensors'));
  return { ...expected, folder, tensors: weights };
}

/** The images of a case as paths. */
export function imagesOf({ folder }: TinyCheckpoint, { images }: Pick<TinyCase, 'images'>): string[] {
  return images.map((path) => join(folder, path));
}

/** The model with the images that transformers prepared in place of its own, so that only the model is compared. */
export function withPreparedImages(model: PretrainedModel, tiny: TinyCheckpoint): PretrainedModel {
  const prepared = new Map<ImageSource, PreparedImage>();
  for (const [name, each] of Object.entries(tiny.cases)) {
    for (const [row, path] of imagesOf(tiny, each).entries())
      prepared.set(path, preparedImage(tiny, name, row));
  }
  return {
    ...model,
    processor: {
      ...model.processor,
      prepare: async (image) => {
        const found = prepared.get(image);
        if (found === undefined) throw new Error(`no image ${String(image)} in ${tiny.folder}`);
        return found;
      },
    },
  };
}

/** An image of a case as transformers prepares it. */
export function preparedImage({ cases, tensors }: TinyCheckpoint, name: string, row: number): PreparedImage {
  const pixels = tensors[`${name}/pixel_values`];
  if (pixels === undefined) throw new Error(`${name} has no pixels`);
  const { grids } = cases[name] ?? {};
  if (grids === undefined) return { pixels: channelsLast(pixels, row) };
  const size = pixels.shape[1] ?? 0;
  const starts = grids.map((_, i) =>
    grids.slice(0, i).reduce((sum, [down, across]) => sum + down * across, 0),
  );
  const [start = 0, [down, across] = [0, 0]] = [starts[row], grids[row]];
  const data = Float32Array.from(pixels.data.subarray(start * size, (start + down * across) * size));
  return { patches: { shape: [1, down / 2, across / 2, 4, size], dtype: 'float32', data } };
}

/** A row of [N, 3, H, W] as [1, H, W, 3]. */
export function channelsLast({ shape, data }: HostTensor, row: number): HostTensor {
  const [, channels = 3, height = 0, width = 0] = shape;
  const area = height * width;
  const pixels = new Float32Array(channels * area);
  for (let i = 0; i < area; i++)
    for (let c = 0; c < channels; c++)
      pixels[i * channels + c] = data[(row * channels + c) * area + i] ?? Number.NaN;
  return { shape: [1, height, width, channels], dtype: 'float32', data: pixels };
}
