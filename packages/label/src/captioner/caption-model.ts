import type { BoxUnit, RgbImage } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import { loadTransformers, type Transformers } from '../transformers/load-transformers.js';
import { locateModel, type ModelChoice, type ModelKinds } from '../transformers/locate-model.js';
import { endCriterion } from './end-criterion.js';
import { messageOf } from '../message-of.js';

/**
 * What a captioner writes: of a crop, in three lengths; or of a box in the whole image. All but
 * `caption` are Florence-2's.
 */
export type CaptionTask = 'caption' | 'detailed-caption' | 'more-detailed-caption' | 'region-to-description';

/** Florence-2's own names. */
const FLORENCE_TASKS: Readonly<Record<CaptionTask, string>> = {
  caption: '<CAPTION>',
  'detailed-caption': '<DETAILED_CAPTION>',
  'more-detailed-caption': '<MORE_DETAILED_CAPTION>',
  'region-to-description': '<REGION_TO_DESCRIPTION>',
};

/** Names of `CaptionTask`. */
export const CAPTION_TASKS = Object.keys(FLORENCE_TASKS) as readonly CaptionTask[];

/** Florence-2's location tokens divide each axis into so many parts. */
const LOCATIONS = 1000;

const KINDS: ModelKinds = {
  graphs: {
    florence2: ['vision_encoder', 'embed_tokens', 'encoder_model', 'decoder_model_merged'],
    'vision-encoder-decoder': ['encoder_model', 'decoder_model_merged'],
  },
  example: 'onnx-community/Florence-2-base-ft',
};

/** What the library gives is unknown to the compiler. */
const tensors = z.record(z.string(), z.unknown());
const tokenRows = z.array(z.array(z.union([z.bigint(), z.number()]).transform(Number)));

/** What a model looks at: a crop, or a whole image and a box in it. */
export interface CaptionInput {
  readonly pixels: RgbImage;
  readonly box?: BoxUnit;
}

/** What it says. `length`: it did not come to an end. */
export interface Caption {
  readonly text: string;
  /** Without the one that it starts with, and the one that ends it. */
  readonly tokens: readonly number[];
  readonly finish: 'stop' | 'length';
}

/** A captioner's model. */
export interface CaptionModel {
  readonly name: string;
  /** Over its files. */
  readonly sha256: string;
  /** One caption an input, by the surest token each time. @throws FgamError `label/bad-output` where the model fails */
  caption(inputs: readonly CaptionInput[], signal?: AbortSignal): Promise<Caption[]>;
  release(): Promise<void>;
}

/** The part of a model that is called here, whatever its kind. */
interface Generating {
  generate(options: Record<string, unknown>): Promise<unknown>;
  dispose(): Promise<unknown>;
}

/**
 * Opens a Florence-2, or an encoder of images with a decoder of text (as ViT-GPT2), by transformers.js.
 *
 * @throws FgamError `label/missing-package`, `label/missing-file`, `label/bad-model`; `label/bad-config` for
 * a task that the model has not
 */
export async function openCaptionModel(
  choice: ModelChoice,
  settings: { readonly task: CaptionTask; readonly maxTokens: number },
): Promise<CaptionModel> {
  const fn = 'createRegionCaptioner';
  const transformers = await loadTransformers(fn);
  const located = await locateModel(fn, choice, KINDS, transformers);
  const { id, type, name, options } = located;
  const isFlorence = type === 'florence2';
  if (!isFlorence && settings.task !== 'caption')
    throw labelError(
      'label/bad-config',
      `${fn}: expected the task caption of a model of type ${type}, got ${settings.task}; take a Florence-2 (${KINDS.example})`,
    );
  const { model, prepare, decode } = await open(transformers, id, isFlorence, options).catch(
    (cause: unknown) => {
      throw labelError(
        'label/bad-model',
        `${fn}: expected transformers.js to load ${id}, got: ${messageOf(cause)}; check that its files are whole`,
        { cause },
      );
    },
  );
  const ends = endTokens(model);
  const sha256 = await located.sha256();
  return {
    name,
    sha256,
    async caption(inputs, signal) {
      const images = inputs.map(
        ({ pixels: { data, width, height } }) =>
          new transformers.RawImage(Uint8ClampedArray.from(data), width, height, 3),
      );
      const tasks = inputs.map(({ box }) => FLORENCE_TASKS[settings.task] + locationsOf(box));
      try {
        const output = await model.generate({
          ...(await prepare(images, tasks)),
          ...{ max_new_tokens: settings.maxTokens, do_sample: false, num_beams: 1 },
          // Or a text that is cut off would look like one that has ended.
          forced_eos_token_id: null,
          stopping_criteria: endCriterion(transformers, ends, signal),
        });
        if (!(output instanceof transformers.Tensor)) throw new Error('no tokens');
        return tokenRows.parse(output.tolist()).map((row) => {
          // The first token is the one that every text starts with.
          const tokens = row.slice(1);
          const end = tokens.findIndex((token) => ends.has(token));
          const said = end < 0 ? tokens : tokens.slice(0, end);
          return {
            text: said.length > 0 ? decode(said) : '',
            tokens: said,
            finish: end < 0 ? 'length' : 'stop',
          };
        });
      } catch (cause) {
        throw labelError(
          'label/bad-output',
          `${fn}: expected captions of ${inputs.length} pictures from ${name}, got: ${messageOf(cause)}`,
          { cause },
        );
      }
    },
    release: async () => void (await model.dispose()),
  };
}

/** Pictures and, for Florence-2, a task each, as `generate` takes them. */
type Prepare = (images: readonly unknown[], tasks: readonly string[]) => Promise<Record<string, unknown>>;

async function open(
  transformers: Transformers,
  id: string,
  isFlorence: boolean,
  options: object,
): Promise<{
  readonly model: Generating & { readonly generation_config?: unknown; readonly config?: unknown };
  readonly prepare: Prepare;
  readonly decode: (tokens: number[]) => string;
}> {
  const { AutoProcessor, AutoTokenizer, Florence2Processor } = transformers;
  const { Florence2ForConditionalGeneration, AutoModelForVision2Seq } = transformers;
  const Model = isFlorence ? Florence2ForConditionalGeneration : AutoModelForVision2Seq;
  const model = await Model.from_pretrained(id, options);
  const processor = await AutoProcessor.from_pretrained(id, options);
  const tokenizer = processor.tokenizer ?? (await AutoTokenizer.from_pretrained(id, options));
  const prepare: Prepare = async (images, tasks) => {
    if (!(processor instanceof Florence2Processor)) return tensors.parse(await processor(images));
    // One by one: of several tasks with boxes, the library's construct_prompts (4.3.1) makes too many prompts.
    const prompts = tasks.flatMap((task) => processor.construct_prompts(task));
    return {
      ...tensors.parse(await processor.image_processor?.(images)),
      ...tensors.parse(tokenizer(prompts)),
    };
  };
  const decode = (tokens: number[]): string =>
    z.string().parse(tokenizer.decode(tokens, { skip_special_tokens: true }));
  return { model, prepare, decode };
}

/** A box in Florence-2's location tokens; the library has them behind the task's name. */
function locationsOf(box: BoxUnit | undefined): string {
  if (box === undefined) return '';
  const { x0, y0, x1, y1 } = box;
  return [x0, y0, x1, y1]
    .map((value) => `<loc_${Math.min(LOCATIONS - 1, Math.max(0, Math.floor(value * LOCATIONS)))}>`)
    .join('');
}

/** Tokens that end a text, where a config says them: the model's own, or that of its language model. */
function endTokens({
  generation_config: generation,
  config,
}: {
  readonly generation_config?: unknown;
  readonly config?: unknown;
}) {
  const parts = [generation, config, fieldOf(config, 'text_config'), fieldOf(config, 'decoder')];
  const found = parts
    .map((part) => fieldOf(part, 'eos_token_id'))
    .find((value) => value !== undefined && value !== null);
  const tokens = (Array.isArray(found) ? found : [found]).filter((token) => typeof token === 'number');
  if (tokens.length > 0) return new Set(tokens);
  throw labelError(
    'label/bad-model',
    'createRegionCaptioner: expected eos_token_id in generation_config.json or config.json, found none; check the folder',
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
