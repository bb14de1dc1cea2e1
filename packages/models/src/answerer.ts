import type { Answerer, AnswerRequest, CallOptions, Generator } from '@fgam/data';
import { modelsError } from './error.js';
import { createGenerator, type GeneratorOptions } from './generation/generator.js';
import type { ModelRequest } from './generation/model-request.js';
import type { FgamModel } from './model.js';

/** The prompt of a question; with `revision`, of its revision (`formatPrompt` of `@fgam/rectifier`). */
export type FormatAnswerPrompt = (
  question: string,
  revision?: { readonly response: string; readonly feedback: string },
) => string;

/** Options of {@link createAnswerer}. */
export interface AnswererOptions extends GeneratorOptions {
  readonly formatPrompt: FormatAnswerPrompt;
  /** Tokens of an answer when a request does not say. Default 96. */
  readonly maxTokens?: number;
  /**
   * Whether a greedy revision is given the former response as a draft: what it repeats is then read instead
   * of said token by token, and the revision is the same. A generator that does not run here passes it over.
   * Default true, but for a model in 8 bits: there what is read at once and what is said step by step are
   * rounded differently (decision 14), so that a draft could change the revision. A function says what the
   * revision will probably be.
   */
  readonly draftRevisions?: boolean | DraftRevision;
}

/**
 * What a revision probably says, such as the response with the feedback's corrections in it
 * (`correctedResponse` of `@fgam/rectifier`).
 */
export type DraftRevision = (revision: { readonly response: string; readonly feedback: string }) => string;

/** An `Answerer` that holds captured programs. */
export interface ModelAnswerer extends Answerer {
  /**
   * Frees the captured programs of a generator that the answerer made itself; later calls are
   * refused with `models/disposed`.
   */
  dispose(): Promise<void>;
}

/**
 * A model behind the `Answerer` port: it answers, and revises an answer given feedback. A question without an
 * image is answered by its words alone.
 *
 * @param source - a model, or any `Generator`, such as one that is shared with a critic or an endpoint
 * @throws FgamError as `createGenerator` for a model; at the call the generator's own, and `models/disposed`
 * @example
 * ```ts
 * import type { GenerateRequest } from '@fgam/data';
 * import { createAnswerer } from '@fgam/models';
 *
 * // A generator that says its prompt again; a model of `loadModel` goes in its place.
 * const say = ({ prompt }: GenerateRequest) =>
 *   ({ text: `${prompt} yes`, tokens: [7, 1], logprobs: [-0.1, -0.2], finish: 'stop' }) as const;
 * const generate = async (requests: readonly GenerateRequest[]) => requests.map(say);
 * const answerer = createAnswerer({ name: 'echo', generate }, {
 *   formatPrompt: (question, revision) => (revision ? `${question} not ${revision.response}` : question),
 * });
 * const question = 'a dog ?';
 * const revision = { response: 'no', feedback: 'there is a dog' };
 * const [first, second] = await answerer.answer([{ question }, { question, revision }]);
 * await answerer.dispose();
 * if (first?.text !== 'a dog ? yes' || first.tokens !== 2) throw new Error(JSON.stringify(first));
 * if (second?.text !== 'a dog ? not no yes') throw new Error(JSON.stringify(second));
 * ```
 */
export function createAnswerer(source: FgamModel | Generator, options: AnswererOptions): ModelAnswerer {
  const { formatPrompt } = options;
  return answererOf(source, ({ question, revision }) => formatPrompt(question, revision), options);
}

/**
 * {@link createAnswerer} with prompts that depend on more than question and revision.
 *
 * @param promptOf - takes the place of `formatPrompt`
 */
export function answererOf(
  source: FgamModel | Generator,
  promptOf: (request: AnswerRequest) => string,
  options: Omit<AnswererOptions, 'formatPrompt'>,
): ModelAnswerer {
  const { maxTokens: usual = 96, ...rest } = options;
  const { draftRevisions = 'generate' in source || source.quantized === undefined } = options;
  const own = 'generate' in source ? undefined : createGenerator(source, rest);
  const generator = 'generate' in source ? source : (own as Generator);
  const name = options.name ?? generator.name;
  let isDisposed = false;
  return {
    name,
    async answer(requests, call: CallOptions = {}) {
      if (isDisposed) throw disposed(name);
      call.signal?.throwIfAborted();
      const generations = await generator.generate(
        requests.map((request): ModelRequest => {
          const { image, revision, maxTokens = usual, temperature, seed } = request;
          return {
            ...(image === undefined ? {} : { image }),
            prompt: promptOf(request),
            maxTokens,
            ...(draftRevisions !== false && revision !== undefined && (temperature ?? 0) === 0
              ? { draft: draftRevisions === true ? revision.response : draftRevisions(revision) }
              : {}),
            ...(temperature === undefined ? {} : { temperature }),
            ...(seed === undefined ? {} : { seed }),
          };
        }),
        call,
      );
      return generations.map(({ text, tokens }) => ({ text: text.trim(), tokens: tokens.length }));
    },
    async dispose() {
      if (isDisposed) return;
      isDisposed = true;
      await own?.dispose();
    },
  };
}

/** The error of an answerer that is asked after its end. */
export function disposed(name: string): Error {
  return modelsError(
    'models/disposed',
    `answer: ${name} was freed by dispose(); open the model again to ask it`,
  );
}
