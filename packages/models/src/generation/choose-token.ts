import { modelsError } from '../error.js';

/** A chosen token and its log-probability under the model (at temperature 1). */
export interface ChosenToken {
  readonly token: number;
  readonly logprob: number;
}

/** What a model says of the next token. */
export interface TokenScores {
  /** Of each token: [V]. */
  readonly logprobs: ArrayLike<number>;
  /** The token of the largest logit, the first of equals. */
  readonly best: number;
}

/** How a token is chosen. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Default: all. */
  readonly topK?: number | undefined;
  /** Default 1. */
  readonly topP?: number | undefined;
}

/**
 * Chooses the next token: the most probable when the temperature is 0, else a sample from softmax(logprobs /
 * temperature) over the `topK` most probable, of these over the fewest that have `topP` of their probability
 * (the order of transformers; of equals the first go first).
 *
 * @param allowed - tokens that may be chosen; the log-probability is over all
 * @param uniform - the request's own random stream, 0..1; read once a token when sampling
 * @throws FgamError `models/bad-weights` when log-probabilities are NaN or none that is allowed is finite
 */
export function chooseToken(
  { logprobs, best: first }: TokenScores,
  allowed: (token: number) => boolean,
  sampling: Sampling,
  uniform: () => number,
): ChosenToken {
  const best = allowed(first) ? first : mostProbable(logprobs, allowed);
  if (!Number.isFinite(logprobs[best])) {
    throw modelsError(
      'models/bad-weights',
      'chooseToken: expected numbers as logits and one finite one that is allowed; the weights hold NaN or infinities',
    );
  }
  const token = sampling.temperature === 0 ? best : sample(logprobs, allowed, best, sampling, uniform());
  return { token, logprob: at(logprobs, token) };
}

/** -1 where none is allowed. */
function mostProbable(logprobs: ArrayLike<number>, allowed: (token: number) => boolean): number {
  let best = -1;
  for (let token = 0; token < logprobs.length; token++)
    // Whether a token is allowed may be a matter of a grammar, which costs more than a comparison.
    if ((best < 0 || at(logprobs, token) > at(logprobs, best)) && allowed(token)) best = token;
  return best;
}

/** The token at which the running sum of masses passes `uniform` of the whole; masses are relative to the best's. */
function sample(
  logprobs: ArrayLike<number>,
  allowed: (token: number) => boolean,
  best: number,
  { temperature, topK = logprobs.length, topP = 1 }: Sampling,
  uniform: number,
): number {
  const mass = (token: number) => Math.exp((at(logprobs, token) - at(logprobs, best)) / temperature);
  const all: number[] = [];
  for (let token = 0; token < logprobs.length; token++)
    if (Number.isFinite(at(logprobs, token)) && allowed(token)) all.push(token);
  const tokens = topP < 1 || topK < all.length ? likeliest(all, mass, topK, topP) : all;
  const total = massOf(tokens, mass);
  let rest = uniform * total;
  for (const token of tokens) {
    rest -= mass(token);
    if (rest < 0) return token;
  }
  // Rounding may leave a rest of about 1e-16.
  return best;
}

/** Of masses relative to the best's, the `topK` largest, cut after `topP` of their sum: in the order of their ids. */
function likeliest(
  all: readonly number[],
  mass: (token: number) => number,
  topK: number,
  topP: number,
): number[] {
  const most = Math.min(topK, all.length);
  const wanted = topK < all.length ? Number.POSITIVE_INFINITY : topP * massOf(all, mass);
  // Few of a large vocabulary are wanted: sorted are only those above a line, which falls until they are enough.
  let line = 0.01;
  let found = all.filter((token) => mass(token) >= line);
  while (line > 0 && found.length < most && massOf(found, mass) < wanted) {
    // Below the square root of the smallest number the square is 0, and all are found.
    line *= line;
    found = all.filter((token) => mass(token) >= line);
  }
  // Stable: of equals the first stays first.
  const sorted = found.sort((a, b) => mass(b) - mass(a)).slice(0, most);
  const limit = topP < 1 ? topP * (topK < all.length ? massOf(sorted, mass) : massOf(all, mass)) : Infinity;
  let sum = 0;
  const cut = sorted.findIndex((token) => (sum += mass(token)) >= limit);
  return sorted.slice(0, cut < 0 ? sorted.length : cut + 1).sort((a, b) => a - b);
}

function massOf(tokens: readonly number[], mass: (token: number) => number): number {
  let sum = 0;
  for (const token of tokens) sum += mass(token);
  return sum;
}

function at(logprobs: ArrayLike<number>, index: number): number {
  return logprobs[index] ?? Number.NaN;
}
