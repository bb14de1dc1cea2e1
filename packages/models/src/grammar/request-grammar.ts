import { modelsError } from '../error.js';
import type { ModelRequest } from '../generation/model-request.js';
import type { TokenGrammar } from './token-grammar.js';

/**
 * The grammar of a request's pattern; undefined where it has none.
 *
 * @param grammarOf - as `createPatternGrammars` gives it
 * @throws FgamError `models/bad-request` where the pattern is no regular expression or the model's tokens
 * spell none of its texts in `maxTokens`
 */
export function requestGrammar(
  { pattern, maxTokens }: ModelRequest,
  index: number,
  grammarOf: (pattern: string) => TokenGrammar,
): TokenGrammar | undefined {
  if (pattern === undefined) return undefined;
  const refuse = (fault: string, cause?: unknown) =>
    modelsError('models/bad-request', `generate: request ${index}: ${fault}`, { cause });
  let grammar: TokenGrammar;
  try {
    grammar = grammarOf(pattern);
  } catch (cause) {
    throw refuse(
      `expected a regular expression without assertions as pattern, got ${JSON.stringify(pattern)}: ${String(cause)}`,
      cause,
    );
  }
  const least = grammar.rest(grammar.start);
  if (least === Number.POSITIVE_INFINITY)
    throw refuse(
      `expected a pattern that the model's tokens can spell, got ${JSON.stringify(pattern)}; its vocabulary lacks words or letters of it`,
    );
  if (least > maxTokens)
    throw refuse(`expected maxTokens >= ${least}, the shortest text of the pattern, got ${maxTokens}`);
  return grammar;
}
