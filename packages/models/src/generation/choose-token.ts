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
 * @throws FgamError `models/bad-weights` when a logit is NaN or no allowed one is finite
 */
export function chooseToken(
  logits: ArrayLike<number>,
  allowed: (token: number) => boolean,
  temperature: number,
  uniform: () => number,
): ChosenToken {
  let best = -1;
  for (let token = 0; token < logits.length; token++) {
    const value = at(logits, token);
    if (Number.isFinite(value) && (best < 0 || value > at(logits, best)) && allowed(token)) best = token;
  }
  const total = logSumExp(logits);
  if (best < 0 || Number.isNaN(total)) {
    throw modelsError(
      'models/bad-weights',
      'chooseToken: expected numbers as logits and one finite one that is allowed; the weights hold NaN or infinities',
    );
  }
  const token = temperature === 0 ? best : sample(logits, allowed, best, temperature, uniform());
  return { token, logprob: at(logits, token) - total };
}

/** The token at which the running sum of masses passes `uniform` of the whole; masses are relative to the best's. */
function sample(
  logits: ArrayLike<number>,
  allowed: (token: number) => boolean,
  best: number,
  temperature: number,
  uniform: number,
): number {
  const mass = (token: number) => {
    const value = at(logits, token);
    return Number.isFinite(value) && allowed(token) ? Math.exp((value - at(logits, best)) / temperature) : 0;
  };
  let total = 0;
  for (let token = 0; token < logits.length; token++) total += mass(token);
  let rest = uniform * total;
  for (let token = 0; token < logits.length; token++) {
    rest -= mass(token);
    if (rest < 0) return token;
  }
  // Rounding may leave a rest of about 1e-16.
  return best;
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
