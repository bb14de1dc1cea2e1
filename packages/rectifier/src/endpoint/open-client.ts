import { boundedFetch } from '@fgam/data';
import OpenAI from 'openai';

/** Longest reply read whole: some hundred thousand tokens. */
const MAX_REPLY_BYTES = 2 ** 22;

/** Where a client asks, and how often. */
export interface ClientSettings {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly timeout: number;
  readonly retries: number;
}

/**
 * The `openai` client, whose tries and the waits between them are taken. Nothing of the environment but
 * `OPENAI_CUSTOM_HEADERS` reaches the endpoint: no key, organization or project that is meant for another.
 */
export function openClient(
  { baseUrl, apiKey, timeout, retries }: ClientSettings,
  fetchReply: typeof fetch,
): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    ...{ adminAPIKey: null, organization: null, project: null },
    timeout,
    maxRetries: retries,
    logLevel: 'off',
    fetch: fetchReply,
  });
}

/** A fetch that reads replies whole, as far as they are no longer than any of use. */
export function fetchReplies(): typeof fetch {
  return boundedFetch(MAX_REPLY_BYTES);
}
