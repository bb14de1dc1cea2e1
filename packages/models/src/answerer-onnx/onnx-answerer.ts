import { join } from 'node:path';
import { type AnswerRequest, readJson, readTextIfThere } from '@fgam/data';
import { z } from 'zod';
import { disposed, type FormatAnswerPrompt, type ModelAnswerer } from '../answerer.js';
import { withoutToken } from '../answerer-pretrained.js';
import { modelsError } from '../error.js';
import { openChatTemplate } from '../text/chat-template.js';
import { openPretrainedTokenizer } from '../text/pretrained-tokenizer.js';
import { promptWithImages } from '../text/prompt-with-images.js';
import { loadTransformers, messageOf, type Transformers } from './load-transformers.js';
import { type LocatedOnnx, locateOnnx, notFetched, type OnnxChoice } from './locate-onnx.js';
import { type OnnxInputs, onnxInputs } from './onnx-inputs.js';

/** Options of {@link openOnnxAnswerer}. */
export interface OnnxAnswererOptions extends OnnxChoice {
  /** What the user says in the model's chat template, after the image. */
  readonly formatPrompt: FormatAnswerPrompt;
  /** Default: the folder's name, or the hub's id. */
  readonly name?: string;
  /** Tokens of an answer when a request does not say. Default 96. */
  readonly maxTokens?: number;
}

const configSchema = z.looseObject({
  model_type: z.string(),
  image_token_id: z.int().optional(),
  image_token_index: z.int().optional(),
});
const tokenRows = z.array(z.array(z.union([z.bigint(), z.number()]).transform(Number)));

/** transformers.js samples from one random stream a process: whoever seeds it must be alone. */
let lastSampling: Promise<unknown> = Promise.resolve();

/**
 * An image-text model in ONNX by `@huggingface/transformers` behind the `Answerer` port: what is no architecture of this package runs so. The layout is that
 * of the hub's ONNX exports: `onnx/vision_encoder.onnx`, `embed_tokens.onnx` and `decoder_model_merged.onnx` beside config, processor and tokenizer.
 *
 * Requests are answered one by one, so that none depends on another. `tokens` counts the one that ends an answer.
 *
 * @throws FgamError `models/missing-package`, `models/missing-file` that lists which files to put where, `models/bad-checkpoint`; at the call
 *   `models/bad-output`, `models/disposed`, the image reader's error, the signal's reason
 */
export async function openOnnxAnswerer(options: OnnxAnswererOptions): Promise<ModelAnswerer> {
  const transformers = await loadTransformers();
  const located = locateOnnx(options);
  const { model, inputsOf, promptOf, decode } = await open(transformers, located);
  const { name = located.name, formatPrompt, maxTokens: usual = 96 } = options;
  let isDisposed = false;

  const generate = async (request: AnswerRequest, signal: AbortSignal | undefined): Promise<number[]> => {
    const { image, question, revision, maxTokens = usual, temperature = 0, seed = 0 } = request;
    const inputs = await inputsOf(image, promptOf(formatPrompt(question, revision)));
    const stop = new transformers.InterruptableStoppingCriteria();
    const interrupt = (): void => stop.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      const isSampled = temperature > 0;
      const run = async (): Promise<unknown> => {
        if (isSampled) transformers.random.seed(seed);
        return model.generate({
          ...inputs,
          max_new_tokens: maxTokens,
          do_sample: isSampled,
          // All tokens, as elsewhere in this package; the library's default is the likeliest 50.
          ...(isSampled ? { temperature, top_k: 0 } : {}),
          stopping_criteria: stop,
        });
      };
      const output = await (isSampled ? alone(run) : run());
      signal?.throwIfAborted();
      if (!(output instanceof transformers.Tensor)) throw new Error('no tokens');
      const [row = []] = tokenRows.parse(output.tolist());
      const prompt = inputs['input_ids'];
      if (!(prompt instanceof transformers.Tensor)) throw new Error('a processor without input_ids');
      return row.slice(prompt.dims[1] ?? 0);
    } catch (cause) {
      signal?.throwIfAborted();
      throw modelsError(
        'models/bad-output',
        `answer: expected an answer from ${name}, got: ${messageOf(cause)}`,
        { cause },
      );
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  };

  return {
    name,
    async answer(requests, { signal } = {}) {
      if (isDisposed) throw disposed(name);
      const answers: { text: string; tokens: number }[] = [];
      for (const request of requests) {
        signal?.throwIfAborted();
        const tokens = await generate(request, signal);
        answers.push({ text: decode(tokens).trim(), tokens: tokens.length });
      }
      signal?.throwIfAborted();
      return answers;
    },
    async dispose() {
      if (isDisposed) return;
      isDisposed = true;
      await model.dispose();
    },
  };
}

/** An export, ready to be asked. */
interface OpenOnnx {
  readonly model: {
    generate(options: Record<string, unknown>): Promise<unknown>;
    dispose(): Promise<unknown>;
  };
  readonly inputsOf: OnnxInputs;
  /** A text as what the user says after an image. */
  readonly promptOf: (text: string) => string;
  readonly decode: (tokens: number[]) => string;
}

async function open(transformers: Transformers, located: LocatedOnnx): Promise<OpenOnnx> {
  const { id, root, options } = located;
  const { AutoModelForImageTextToText, AutoProcessor } = transformers;
  try {
    await transformers.AutoConfig.from_pretrained(id, options);
  } catch (cause) {
    throw notFetched(located, cause);
  }
  const config = configSchema.parse(await readJson(join(root, 'config.json')));
  let model: Awaited<ReturnType<typeof AutoModelForImageTextToText.from_pretrained>>;
  let processor: Awaited<ReturnType<typeof AutoProcessor.from_pretrained>>;
  try {
    [model, processor] = await Promise.all([
      AutoModelForImageTextToText.from_pretrained(id, options),
      AutoProcessor.from_pretrained(id, options),
    ]);
  } catch (cause) {
    throw modelsError(
      'models/bad-checkpoint',
      `openOnnxAnswerer: expected transformers.js to load ${id}, got: ${messageOf(cause)}; check that its files are whole`,
      { cause },
    );
  }
  const tokenizerConfig = z
    .looseObject({ chat_template: z.unknown() })
    .parse(await readJson(join(root, 'tokenizer_config.json')));
  const tokenizer = openPretrainedTokenizer(await readJson(join(root, 'tokenizer.json')), tokenizerConfig);
  const imageToken = tokenizer.idToken(config.image_token_index ?? config.image_token_id ?? -1);
  if (imageToken === undefined)
    throw modelsError(
      'models/bad-checkpoint',
      `openOnnxAnswerer: expected the image token's id (image_token_index or image_token_id) in config.json of ${id}; check the export`,
    );
  const templates = [
    await readTextIfThere(join(root, 'chat_template.jinja')),
    processor.chat_template,
    tokenizerConfig.chat_template,
  ];
  const template = templates.find((text) => typeof text === 'string');
  const chatTemplate = template === undefined ? undefined : openChatTemplate(template, tokenizer.roles);
  return {
    model,
    inputsOf: onnxInputs(transformers, config.model_type, (first, second) => processor(first, second)),
    promptOf: (text) =>
      promptWithImages({ chatTemplate, imageToken, family: {} }, withoutToken(text, imageToken), 1),
    // Not by the library's decoder: what bytes of a broken character become is not what the reference has.
    decode: (tokens) => tokenizer.decode(tokens),
  };
}

async function alone<T>(work: () => Promise<T>): Promise<T> {
  const mine = lastSampling.then(work, work);
  lastSampling = mine.catch(() => undefined);
  return mine;
}
