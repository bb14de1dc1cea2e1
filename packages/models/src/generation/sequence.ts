import type { Generation } from '@fgam/data';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import { followGrammar } from '../grammar/follow-grammar.js';
import type { TokenGrammar } from '../grammar/token-grammar.js';
import { chooseToken, type Sampling, type TokenScores } from './choose-token.js';
import type { GenerationPiece, ModelGeneration, ModelRequest } from './model-request.js';

/** One request on its way: what is generated so far, and its own random stream. */
export interface Sequence {
  readonly request: ModelRequest;
  /** Tokens generated so far; the last one is not in the cache yet. */
  readonly tokens: readonly number[];
  readonly done: boolean;
  /** Takes what the model says after the last token and chooses the next. */
  accept(scores: TokenScores): void;
  /**
   * Chooses tokens as long as they are the draft's, and the one that is not, or that comes after it.
   *
   * @param scoresAfter - what the model says after so many tokens of the draft
   * @returns how many of the draft's tokens were chosen
   */
  verify(draft: readonly number[], scoresAfter: (count: number) => TokenScores): number;
  result(): ModelGeneration;
}

/** What a model's tokens mean to a sequence. */
export interface SequenceTokens {
  /** May be generated. */
  readonly isAllowed: (token: number) => boolean;
  /** Ends the sequence. */
  readonly isEnd: (token: number) => boolean;
  readonly decode: (tokens: readonly number[]) => string;
  /** A token that ends the sequence, if any does. */
  readonly endId?: number | undefined;
  /** Its text may change with the next token that has any: a single byte. */
  readonly isOpen?: (token: number) => boolean;
  /** What the text keeps to. */
  readonly grammar?: TokenGrammar | undefined;
}

/** Is told what a request says. */
export type PieceListener = (piece: Omit<GenerationPiece, 'request'>) => void;

/** Begins a request. `onPiece` is told what is said as soon as it is settled. */
export function createSequence(
  request: ModelRequest,
  { isAllowed, isEnd, decode: decodeAll, endId, isOpen = () => false, grammar }: SequenceTokens,
  onPiece?: PieceListener,
): Sequence {
  const decode: typeof decodeAll = (ids) => grammar?.textOf(ids) ?? decodeAll(ids);
  // Streams of seeds next to each other have nothing in common from their first number on: xoroshiro128plus
  // begins with nearly 1 for all small seeds.
  const random = mersenne(request.seed ?? 0);
  const uniform = () => uniformFloat64(random);
  const { temperature = 0, topK, topP, stop: stops = [], draft } = request;
  const sampling: Sampling = { temperature, topK, topP };
  const tokens: number[] = [];
  const logprobs: number[] = [];
  let acceptedTokens = 0;
  let text: string | undefined;
  let finish: Generation['finish'] | undefined;
  let told = { text: '', tokens: 0 };
  let endsOpen = false;
  const place = grammar && followGrammar(grammar);
  const left = (): number => request.maxTokens - tokens.length;

  function fits(token: number): boolean {
    if (!isAllowed(token)) return false;
    if (place === undefined) return true;
    return isEnd(token) ? place.mayEnd() : place.allows(token, left());
  }

  /** Chooses a token, which a stop text may take away again. */
  function choose(scores: TokenScores): number {
    const chosen = chooseToken(scores, fits, sampling, uniform);
    tokens.push(chosen.token);
    logprobs.push(chosen.logprob);
    if (isEnd(chosen.token)) finish = 'stop';
    else {
      place?.take(chosen.token);
      if (left() <= 0) finish = 'length';
      else if (endId === undefined && place?.isOver(left())) finish = 'stop';
    }
    if (stops.length > 0 || onPiece !== undefined) settle(chosen.token);
    return chosen.token;
  }

  function settle(last: number): void {
    // Special tokens have no text, and what is before them may still change with what comes after.
    endsOpen = isOpen(last) || (endsOpen && decode([last]) === '');
    const said = decode(tokens);
    const cut = cutAtStop(said, stops);
    if (cut !== undefined) {
      text = cut;
      finish = 'stop';
      while (decode(tokens).length > cut.length) {
        tokens.pop();
        logprobs.pop();
      }
    }
    const settled = text ?? said;
    if (finish === undefined && (endsOpen || mayChange(said, stops))) return;
    onPiece?.({
      text: settled.slice(told.text.length),
      tokens: tokens.slice(told.tokens),
      logprobs: logprobs.slice(told.tokens),
    });
    told = { text: settled, tokens: tokens.length };
  }

  return {
    request,
    tokens,
    get done() {
      return finish !== undefined;
    },
    accept(scores) {
      choose(scores);
    },
    verify(proposed, scoresAfter) {
      let count = 0;
      while (choose(scoresAfter(count)) === proposed[count]) {
        count += 1;
        if (finish !== undefined) break;
      }
      acceptedTokens += count;
      return count;
    },
    result: () => ({
      text: text ?? decode(tokens),
      tokens: [...tokens],
      logprobs: [...logprobs],
      finish: finish ?? 'length',
      ...(draft === undefined ? {} : { acceptedTokens }),
    }),
  };
}

/**
 * Whether what comes next may change the end of a text: half a character, or what may become a stop text
 * and the space before it.
 */
function mayChange(text: string, stops: readonly string[]): boolean {
  if (text.endsWith('\uFFFD')) return true;
  if (stops.length === 0) return false;
  if (text.trimEnd() !== text) return true;
  return stops.some((stop) =>
    Array.from({ length: stop.length - 1 }, (_, i) => stop.slice(0, i + 1)).some((start) =>
      text.endsWith(start),
    ),
  );
}

/** The text before the first stop text; undefined when none is in it. */
function cutAtStop(text: string, stops: readonly string[]): string | undefined {
  const starts = stops.map((stop) => text.indexOf(stop)).filter((start) => start >= 0);
  return starts.length === 0 ? undefined : text.slice(0, Math.min(...starts)).trimEnd();
}
