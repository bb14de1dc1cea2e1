import { createDisposal } from '../disposal.js';
import { createPatternGrammars } from '../grammar/pattern-grammars.js';
import { requestGrammar } from '../grammar/request-grammar.js';
import type { TokenBytes } from '../grammar/token-bytes.js';
import type { DecodingEngine } from './decoding-engine.js';
import type { DecodingPrompt, DecodingRow } from './decoding-row.js';
import { type DraftTokenizer, draftTokens, tokensAfter } from './draft-tokens.js';
import type { ModelCallOptions, ModelGeneration, ModelGenerator, ModelRequest } from './model-request.js';
import { createSequence, type PieceListener, type SequenceTokens } from './sequence.js';

/** What a generator needs of its architecture. */
export interface EngineGeneratorParts<Request> {
  readonly name: string;
  readonly engine: DecodingEngine;
  readonly maxBatch: number;
  readonly tokens: SequenceTokens & DraftTokenizer & { readonly bytesOf: TokenBytes };
  /** One more than the largest token that has a text. */
  readonly vocabulary: number;
  /**
   * A request with the model's own defaults.
   * @throws FgamError `models/bad-request` for what can be seen without its images
   */
  checked(request: Request, index: number): Request;
  /**
   * Makes prompts of some requests.
   *
   * @param first - the place of the first one in the call
   * @throws FgamError `models/bad-request`, or the image reader's error
   */
  prepare(
    requests: readonly Request[],
    first: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly DecodingPrompt[]>;
  dispose(): Promise<void>;
}

/** What a request guesses, in tokens. */
function guessOf(
  { continues }: ModelRequest,
  tokens: Pick<SequenceTokens, 'decode'> & DraftTokenizer,
): DecodingRow['guess'] {
  if (continues === undefined) return undefined;
  return (said) => {
    const text = tokens.decode(said);
    const more = continues(text);
    return more === '' ? [] : tokensAfter(text, more, tokens);
  };
}

/** Batches of requests whose images are held at once. */
const WINDOWS = 8;

/** A generator whose requests are decoded by the engine: all that does not depend on the architecture. */
export function engineGenerator<Request extends ModelRequest>(
  parts: EngineGeneratorParts<Request>,
): ModelGenerator<Request> {
  const { name, engine, tokens, maxBatch } = parts;
  const grammarOf = createPatternGrammars(parts.vocabulary, tokens.bytesOf);
  const disposal = createDisposal(`generate: ${name}`, 'make a generator of the model again');

  async function generate(
    given: readonly Request[],
    { signal, onPiece }: ModelCallOptions,
  ): Promise<ModelGeneration[]> {
    const requests = given.map((request, i) => parts.checked(request, i));
    const grammars = requests.map((request, i) => requestGrammar(request, i, grammarOf));
    const results: ModelGeneration[] = [];
    for (let first = 0; first < requests.length; first += WINDOWS * maxBatch) {
      signal?.throwIfAborted();
      const some = requests.slice(first, first + WINDOWS * maxBatch);
      const prompts = await parts.prepare(some, first, signal);
      const rows = prompts.map((prompt, i): DecodingRow => {
        const request = some[i] as Request;
        const tell: PieceListener | undefined =
          onPiece && ((piece) => onPiece({ request: first + i, ...piece }));
        return {
          ...prompt,
          sequence: createSequence(request, { ...tokens, grammar: grammars[first + i] }, tell),
          draft: draftTokens(request, tokens),
          guess: guessOf(request, tokens),
        };
      });
      await engine.decode(rows, signal);
      results.push(...rows.map(({ sequence }) => sequence.result()));
    }
    return results;
  }

  return {
    name,
    generate: (requests, options = {}) => disposal.guard(() => generate(requests, options)),
    stats: engine.stats,
    dispose() {
      disposal.begin();
      return parts.dispose();
    },
  };
}
