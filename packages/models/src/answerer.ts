import type { Answerer, CallOptions, Generator } from '@fgam/data';
import { createGenerator, type GeneratorOptions } from './generation/generator.js';
import type { FgamModel } from './model.js';

/** Options of {@link createAnswerer}. */
export interface AnswererOptions extends GeneratorOptions {
  /** The prompt of a question; with `revision`, of its revision (`formatPrompt` of `@fgam/rectifier`). */
  readonly formatPrompt: (
    question: string,
    revision?: { readonly response: string; readonly feedback: string },
  ) => string;
  /** Tokens of an answer when a request does not say. Default 96. */
  readonly maxTokens?: number;
}

/** An `Answerer` that holds captured programs. */
export interface ModelAnswerer extends Answerer {
  /** Frees the captured programs of a generator that the answerer made itself. */
  dispose(): Promise<void>;
}

/**
 * A model behind the `Answerer` port: it answers, and revises an answer given feedback.
 *
 * @param source - a model, or any `Generator`, such as one that is shared with a critic or an endpoint
 */
export function createAnswerer(source: FgamModel | Generator, options: AnswererOptions): ModelAnswerer {
  const { formatPrompt, maxTokens: usual = 96, ...rest } = options;
  const own = 'generate' in source ? undefined : createGenerator(source, rest);
  const generator = 'generate' in source ? source : (own as Generator);
  return {
    name: options.name ?? generator.name,
    async answer(requests, call: CallOptions = {}) {
      const generations = await generator.generate(
        requests.map(({ image, question, revision, maxTokens = usual, temperature, seed }) => ({
          image,
          prompt: formatPrompt(question, revision),
          maxTokens,
          ...(temperature === undefined ? {} : { temperature }),
          ...(seed === undefined ? {} : { seed }),
        })),
        call,
      );
      return generations.map(({ text, tokens }) => ({ text, tokens: tokens.length }));
    },
    dispose: async () => own?.dispose(),
  };
}
