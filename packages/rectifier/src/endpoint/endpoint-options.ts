import { listFaults } from '@fgam/data';
import { z } from 'zod';
import { rectifierError } from '../error.js';

/** Where a model is served, and how it is called. */
export interface EndpointOptions {
  /** Up to and with `/v1`, such as `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  /** The model's name there. */
  readonly model: string;
  /** Sent as `Authorization: Bearer`, and nowhere else: no message holds it. Default: none that counts. */
  readonly apiKey?: string;
  /** Requests under way at a time, over all calls. Default 8. */
  readonly concurrency?: number;
  /**
   * Tries after the first, for 408, 409, 429, 5xx, broken connections, broken JSON and timeouts: the waits of
   * the `openai` client. Default 4.
   */
  readonly retries?: number;
  /** Milliseconds of each try, until the whole reply is there. Default 120,000. */
  readonly timeout?: number;
  /** A `Retry-After` beyond these milliseconds is not waited for: the request has failed. Default 60,000. */
  readonly maxRetryAfter?: number;
  /** Which field limits an answer: OpenAI's newer models want the second. Default `max_tokens`. */
  readonly tokenLimitField?: 'max_tokens' | 'max_completion_tokens';
  /** More fields of each request's body, such as `{ top_k: 20 }`; they go before ours. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
}

/** Options with their defaults. */
export type EndpointSettings = Required<Omit<EndpointOptions, 'apiKey'>> & Pick<EndpointOptions, 'apiKey'>;

const count = z.int().min(1);
const schema = z.object({
  baseUrl: z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' }),
  model: z.string().min(1),
  apiKey: z.string().min(1).exactOptional(),
  concurrency: count.default(8),
  retries: z.int().min(0).default(4),
  timeout: count.default(120_000),
  maxRetryAfter: z.int().min(0).default(60_000),
  tokenLimitField: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
  extraBody: z.record(z.string(), z.unknown()).default({}),
});

/** Checks options and fills in defaults. @throws FgamError `rectifier/bad-config` naming every fault, never the key */
export function endpointSettings(fn: string, options: EndpointOptions): EndpointSettings {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw rectifierError('rectifier/bad-config', `${fn}: ${listFaults(parsed.error, 'options').join('; ')}`);
}
