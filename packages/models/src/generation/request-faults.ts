import type { ModelRequest } from './model-request.js';

/** What is wrong with a request whatever its model: its numbers, its stop texts and its draft. */
export function requestFaults(request: ModelRequest, vocabulary: number): string[] {
  const {
    maxTokens,
    temperature = 0,
    topK = 1,
    topP = 1,
    seed = 0,
    stop = [],
    draft = '',
    pattern,
  } = request;
  const faults: string[] = [];
  if (!Number.isInteger(maxTokens) || maxTokens < 1) faults.push(`expected maxTokens >= 1, got ${maxTokens}`);
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    faults.push(`expected temperature >= 0, got ${temperature}`);
  }
  if (!Number.isInteger(topK) || topK < 1) faults.push(`expected a whole topK >= 1, got ${topK}`);
  if (!(topP > 0 && topP <= 1)) faults.push(`expected topP above 0 and at most 1, got ${topP}`);
  if (!Number.isInteger(seed)) faults.push(`expected a whole seed, got ${seed}`);
  if (stop.includes('')) faults.push('expected stop texts with at least one character, got an empty one');
  if (pattern !== undefined && stop.length > 0) faults.push('expected stop or pattern, not both');
  const isToken = (token: number) => Number.isInteger(token) && token >= 0 && token < vocabulary;
  const strange = typeof draft === 'string' ? undefined : draft.find((token) => !isToken(token));
  if (strange !== undefined)
    faults.push(`expected a draft of tokens from 0 to ${vocabulary - 1}, got ${strange}`);
  return faults;
}
