import type { RgbImage } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import { messageOf } from '../message-of.js';
import { loadTransformers, type Transformers } from '../transformers/load-transformers.js';
import { locateModel, type ModelChoice, type ModelKinds } from '../transformers/locate-model.js';

const KINDS: ModelKinds = {
  graphs: { clip: ['vision_model', 'text_model'] },
  example: 'Xenova/clip-vit-base-patch32',
};

const idsSchema = z.object({ input_ids: z.array(z.number()).min(1) });

/** Most tokens of a text: CLIP's. */
const MAX_TOKENS = 77;

const lengthSchema = z.number().min(2).catch(MAX_TOKENS);

/** A CLIP whose two sides are asked apart. */
export interface ClipModel {
  readonly name: string;
  /** Over its files. */
  readonly sha256: string;
  /** Embeddings of pictures, [D] each with unit norm. */
  embedImages(pictures: readonly RgbImage[]): Promise<Float32Array[]>;
  /** Embeddings of texts, [D] each with unit norm; a text that is too long is cut. */
  embedTexts(texts: readonly string[]): Promise<Float32Array[]>;
  release(): Promise<void>;
}

/**
 * Opens a CLIP by transformers.js.
 *
 * @throws FgamError `label/missing-package`, `label/missing-file`, `label/bad-model`; from its
 * functions `label/bad-output`
 */
export async function openClipModel(choice: ModelChoice): Promise<ClipModel> {
  const fn = 'createClipScorer';
  const transformers = await loadTransformers(fn);
  const located = await locateModel(fn, choice, KINDS, transformers);
  const { id, name, options } = located;
  const { vision, text, processor, tokenizer } = await open(transformers, id, options).catch(
    (cause: unknown) => {
      throw labelError(
        'label/bad-model',
        `${fn}: expected transformers.js to load ${id}, got: ${messageOf(cause)}; check that its files are whole`,
        { cause },
      );
    },
  );
  const longest = Math.min(lengthSchema.parse(tokenizer.model_max_length), MAX_TOKENS);
  const sha256 = await located.sha256();

  /** As CLIP pads and cuts: the first end token is looked at. The library's own cut (4.3.1) leaves it out. */
  const tokensOf = (texts: readonly string[]) => {
    const rows = texts.map((each) => {
      const { input_ids: ids } = idsSchema.parse(tokenizer(each, { return_tensor: false }));
      return ids.length <= longest ? ids : [...ids.slice(0, longest - 1), ids.at(-1) as number];
    });
    const length = Math.max(...rows.map((row) => row.length));
    const tensor = (valueOf: (row: readonly number[], place: number) => number) =>
      new transformers.Tensor(
        'int64',
        BigInt64Array.from(
          rows.flatMap((row) => Array.from({ length }, (_, place) => BigInt(valueOf(row, place)))),
        ),
        [rows.length, length],
      );
    return {
      input_ids: tensor((row, place) => row[place] ?? (row.at(-1) as number)),
      attention_mask: tensor((row, place) => (place < row.length ? 1 : 0)),
    };
  };

  const rowsOf = async (run: () => unknown, field: string, count: number): Promise<Float32Array[]> => {
    try {
      const found: unknown = await run();
      const tensor: unknown =
        typeof found === 'object' && found !== null ? Reflect.get(found, field) : undefined;
      if (!(tensor instanceof transformers.Tensor) || tensor.dims[0] !== count || tensor.dims.length !== 2)
        throw new Error(`no ${field} [${count}, D]`);
      const width = tensor.dims[1] ?? 0;
      const values = Float32Array.from(z.instanceof(Float32Array).parse(tensor.to('float32').data));
      return Array.from({ length: count }, (_, i) => unit(values.slice(i * width, (i + 1) * width)));
    } catch (cause) {
      throw labelError(
        'label/bad-output',
        `${fn}: expected embeddings from ${name}, got: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  };

  return {
    name,
    sha256,
    async embedImages(pictures) {
      if (pictures.length === 0) return [];
      const images = pictures.map(
        ({ data, width, height }) =>
          new transformers.RawImage(Uint8ClampedArray.from(data), width, height, 3),
      );
      const prepared: unknown = await processor(images);
      return rowsOf(() => vision(prepared), 'image_embeds', pictures.length);
    },
    async embedTexts(texts) {
      if (texts.length === 0) return [];
      return rowsOf(() => text(tokensOf(texts)), 'text_embeds', texts.length);
    },
    async release() {
      await vision.dispose();
      await text.dispose();
    },
  };
}

async function open(transformers: Transformers, id: string, options: object) {
  const { CLIPVisionModelWithProjection, CLIPTextModelWithProjection, AutoProcessor, AutoTokenizer } =
    transformers;
  return {
    vision: await CLIPVisionModelWithProjection.from_pretrained(id, options),
    text: await CLIPTextModelWithProjection.from_pretrained(id, options),
    processor: await AutoProcessor.from_pretrained(id, options),
    tokenizer: await AutoTokenizer.from_pretrained(id, options),
  };
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  if (!(norm > 0 && Number.isFinite(norm))) throw new Error(`an embedding of norm ${norm}`);
  return vector.map((value) => value / norm);
}
