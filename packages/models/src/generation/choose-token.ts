import { modelsError } from '../error.js';

/** A chosen token and its log-probability under the model (at temperature 1). */
export interface ChosenToken {
  readonly token: number;
  readonly logprob: number;
}

/**
 * Chooses the next token from logits: the largest when `temperature` is 0 (the first of equals), else a sample from
 * softmax(logits / temperature).
 *
 * @param logits - [V]
 * @param allowed - tokens that may be chosen; the log-probability is over all
 * @param uniform - the request's own random stream, 0..1; read once a token when sampling
 * @throws FgamError `models/bad-weights` when no allowed logit is finite
 */
export function chooseToken(
  logits: ArrayLike<number>,
  allowed: (token: number) => boolean,
  temperature: number,
  uniform: () => number,
): ChosenToken {
  const tokens = Array.from({ length: logits.length }, (_, token) => token);
  const candidates = tokens.filter((token) => allowed(token) && Number.isFinite(at(logits, token)));
  const [first] = candidates;
  if (first === undefined) {
    throw modelsError(
      'models/bad-weights',
      'chooseToken: expected a finite logit, got none; the weights hold NaN or infinities',
    );
  }
  const best = candidates.reduce((a, b) => (at(logits, b) > at(logits, a) ? b : a), first);
  const token =
    temperature === 0 ? best : sample(logits, candidates, at(logits, best), temperature, uniform());
  return { token, logprob: at(logits, token) - logSumExp(logits) };
}

function sample(
  logits: ArrayLike<number>,
  candidates: readonly number[],
  largest: number,
  temperature: number,
  uniform: number,
): number {
  const masses = candidates.map((token) => Math.exp((at(logits, token) - largest) / temperature));
  let rest = uniform * masses.reduce((a, b) => a + b, 0);
  for (const [i, token] of candidates.entries()) {
    rest -= masses[i] ?? 0;
    if (rest < 0) return token;
  }
  return candidates.at(-1) ?? 0;
}

function logSumExp(logits: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, at(logits, i));
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(at(logits, i) - largest);
  return largest + Math.log(sum);
}

function at(logits: ArrayLike<number>, index: number): number {
  return logits[index] ?? Number.NaN;
}
