import type { AnswerRequest } from '@fgam/data';
import { z } from 'zod';
import { disposed, type FormatAnswerPrompt, type ModelAnswerer } from '../answerer.js';
import { modelsError } from '../error.js';
import { loadTransformers, messageOf } from './load-transformers.js';
import { locateOnnx, type OnnxChoice } from './locate-onnx.js';
import { openOnnx } from './open-onnx.js';

/** Options of {@link openOnnxAnswerer}. */
export interface OnnxAnswererOptions extends OnnxChoice {
  /** What the user says in the model's chat template, after the image. */
  readonly formatPrompt: FormatAnswerPrompt;
  /** Default: the folder's name, or the hub's id. */
  readonly name?: string;
  /** Tokens of an answer when a request does not say. Default 96. */
  readonly maxTokens?: number;
}

/** What the library gives is unknown to the compiler. */
const tokenRows = z.array(z.array(z.union([z.bigint(), z.number()]).transform(Number)));

/** transformers.js samples from one random stream a process: whoever seeds it must be alone. */
let lastSampling: Promise<unknown> = Promise.resolve();

/**
 * An image-text model in ONNX by `@huggingface/transformers` behind the `Answerer` port: what is no
 * architecture of this package runs so. The layout is that of the hub's ONNX exports:
 * `onnx/vision_encoder.onnx`, `embed_tokens.onnx` and `decoder_model_merged.onnx` beside config,
 * processor and tokenizer.
 *
 * Requests are answered one by one, so that none depends on another. `tokens` counts the one that ends an answer.
 *
 * @throws FgamError `models/missing-package`, `models/missing-file` that lists which files to put
 * where, `models/bad-checkpoint`; at the call `models/bad-output`, `models/disposed`, the image
 * reader's error, the signal's reason
 * @example
 * ```ts no-run
 * import { openOnnxAnswerer } from '@fgam/models';
 *
 * // A folder of such an export, or the id of one on the hub, which is fetched once.
 * const answerer = await openOnnxAnswerer({
 *   model: 'onnx-community/Qwen2-VL-2B-Instruct',
 *   weights: 'q8',
 *   formatPrompt: (question) => question,
 * });
 * const [answer] = await answerer.answer([{ image: 'photo.jpg', question: 'What is it?', maxTokens: 32 }]);
 * await answerer.dispose();
 * if (!((answer?.tokens ?? 0) <= 32)) throw new Error('expected at most 32 tokens');
 * ```
 */
export async function openOnnxAnswerer(options: OnnxAnswererOptions): Promise<ModelAnswerer> {
  const transformers = await loadTransformers();
  const located = locateOnnx(options);
  const { model, inputsOf, decode } = await openOnnx(transformers, located);
  const { name = located.name, formatPrompt, maxTokens: usual = 96 } = options;
  // Its declaration says any.
  const random: { seed(seed: number): void } = transformers.random;
  let isDisposed = false;

  const generate = async (request: AnswerRequest, signal: AbortSignal | undefined): Promise<number[]> => {
    const { image, question, revision, maxTokens = usual, temperature = 0, seed = 0 } = request;
    const inputs = await inputsOf(image, formatPrompt(question, revision));
    const stop = new transformers.InterruptableStoppingCriteria();
    const interrupt = (): void => stop.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      const isSampled = temperature > 0;
      const run = async (): Promise<unknown> => {
        if (isSampled) random.seed(seed);
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
      if (isDisposed) throw disposed(name);
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

/** Work that no other sampling of the process is beside. */
async function alone<T>(work: () => Promise<T>): Promise<T> {
  const mine = lastSampling.then(work, work);
  lastSampling = mine.catch(() => undefined);
  return mine;
}
