import type { GenerateRequest, Generation } from '@fgam/data';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { chooseToken } from './choose-token.js';

/** One request on its way: its prompt, what is generated so far, and its own random stream. */
export interface Sequence {
  readonly request: GenerateRequest;
  readonly prompt: readonly number[];
  /** Tokens generated so far; the last one is not in the cache yet. */
  readonly tokens: readonly number[];
  readonly done: boolean;
  /** Takes the logits after the last token and chooses the next. */
  accept(logits: ArrayLike<number>): void;
  result(): Generation;
}

/** What a model's tokens mean to a sequence. */
export interface SequenceTokens {
  /** May be generated. */
  readonly isAllowed: (token: number) => boolean;
  /** Ends the sequence. */
  readonly isEnd: (token: number) => boolean;
  readonly decode: (tokens: readonly number[]) => string;
}

/** Begins a request whose prompt has these tokens. */
export function createSequence(
  request: GenerateRequest,
  prompt: readonly number[],
  { isAllowed, isEnd, decode }: SequenceTokens,
): Sequence {
  const random = xoroshiro128plus(request.seed ?? 0);
  const stops = request.stop ?? [];
  const tokens: number[] = [];
  const logprobs: number[] = [];
  let text: string | undefined;
  let finish: Generation['finish'] | undefined;
  return {
    request,
    prompt,
    tokens,
    get done() {
      return finish !== undefined;
    },
    accept(logits) {
      const chosen = chooseToken(logits, isAllowed, request.temperature ?? 0, () => uniformFloat64(random));
      tokens.push(chosen.token);
      logprobs.push(chosen.logprob);
      if (isEnd(chosen.token)) finish = 'stop';
      else if (tokens.length >= request.maxTokens) finish = 'length';
      if (stops.length === 0) return;
      const cut = cutAtStop(decode(tokens), stops);
      if (cut === undefined) return;
      text = cut;
      finish = 'stop';
      while (decode(tokens).length > cut.length) {
        tokens.pop();
        logprobs.pop();
      }
    },
    result: () => ({
      text: text ?? decode(tokens),
      tokens: [...tokens],
      logprobs: [...logprobs],
      finish: finish ?? 'length',
    }),
  };
}

/** What is wrong with a request whatever its model: its numbers and its stop texts. */
export function requestFaults({
  maxTokens,
  temperature = 0,
  seed = 0,
  stop = [],
}: GenerateRequest): string[] {
  const faults: string[] = [];
  if (!Number.isInteger(maxTokens) || maxTokens < 1) faults.push(`expected maxTokens >= 1, got ${maxTokens}`);
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    faults.push(`expected temperature >= 0, got ${temperature}`);
  }
  if (!Number.isInteger(seed)) faults.push(`expected a whole seed, got ${seed}`);
  if (stop.includes('')) faults.push('expected stop texts with at least one character, got an empty one');
  return faults;
}

/** The text before the first stop text; undefined when none is in it. */
function cutAtStop(text: string, stops: readonly string[]): string | undefined {
  const starts = stops.map((stop) => text.indexOf(stop)).filter((start) => start >= 0);
  return starts.length === 0 ? undefined : text.slice(0, Math.min(...starts)).trimEnd();
}
