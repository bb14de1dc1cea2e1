import { ChatFailure, isRetried } from './chat-failure.js';

/** How failed requests are tried again. Times in milliseconds. */
export interface RetryOptions {
  /** Tries after the first. Default 5. */
  readonly retries?: number;
  /** Before the first further try; doubled each time. Default 500. */
  readonly baseDelay?: number;
  /** Default 30,000. */
  readonly maxDelay?: number;
  /** A `Retry-After` beyond this is not waited for: the request has failed. Default 120,000. */
  readonly maxRetryAfter?: number;
}

/** Time and chance, for tests to replace. */
export interface RetryClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Rejects with the signal's reason when aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
}

/**
 * Calls until it succeeds, or fails for good: `delay_n = min(maxDelay, baseDelay 2^n) (1 + u) / 2` with u
 * uniform in 0..1, or what `Retry-After` asks for where that is longer.
 *
 * @param call - gets the number of the try, from 0
 * @throws ChatFailure the last one; the signal's reason
 */
export async function withRetries<T>(
  call: (attempt: number) => Promise<T>,
  options: Required<RetryOptions>,
  clock: RetryClock,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call(attempt);
    } catch (error) {
      if (!(error instanceof ChatFailure) || !isRetried(error.kind) || attempt >= options.retries)
        throw error;
      const { retryAfter = 0 } = error;
      if (retryAfter > options.maxRetryAfter) throw error;
      const backoff = Math.min(options.maxDelay, options.baseDelay * 2 ** attempt);
      await clock.sleep(Math.max(retryAfter, (backoff * (1 + clock.random())) / 2), signal);
    }
  }
}
