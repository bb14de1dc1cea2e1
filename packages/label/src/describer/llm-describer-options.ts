import { setTimeout as delay } from 'node:timers/promises';
import { listFaults } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import type { DescriberBudget, TokenPrices } from './ledger.js';
import type { RetryClock, RetryOptions } from './with-retries.js';

/** How a model is sampled: all of it is part of a cache key. */
export interface Sampling {
  readonly temperature: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly maxTokens: number;
  readonly tokenLimitField: 'max_tokens' | 'max_completion_tokens';
}

/** Options of `createLlmDescriber`. */
export interface LlmDescriberOptions {
  /** An OpenAI-compatible endpoint, up to and with `/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Default `none`, as local servers take it. The environment is not looked at. */
  readonly apiKey?: string;
  /**
   * Sends each region's picture along; without, the model knows label, attributes, caption and
   * box alone. Default false.
   */
  readonly images?: boolean;
  /** Longest side of such a picture, in pixels. Default 512. */
  readonly maxSide?: number;
  /** Default `English`. Texts in other languages are checked for form alone. */
  readonly language?: string;
  /** Fewest words of a description (English). Default 2. */
  readonly minWords?: number;
  /** Default 40. */
  readonly maxWords?: number;
  /** Default 0.2. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Longest reply in tokens. Default 96. */
  readonly maxTokens?: number;
  /** What the endpoint calls that limit. Default `max_tokens`. */
  readonly tokenLimitField?: 'max_tokens' | 'max_completion_tokens';
  /** How often a region is asked for while its text fails the checks. Default 3. */
  readonly attempts?: number;
  /** Requests under way at a time. Default 8. */
  readonly concurrency?: number;
  /** For a whole reply, in milliseconds. Default 60,000. */
  readonly timeout?: number;
  readonly retry?: RetryOptions;
  /** So many requests in a row that failed for good end the work. Default 10. */
  readonly maxFailures?: number;
  /** For the describer's whole life. */
  readonly budget?: DescriberBudget;
  /** Needed for `budget.cost`, and for a cost in the result. */
  readonly prices?: TokenPrices;
  /** A folder that remembers replies. Default: none. */
  readonly cache?: string;
  /** For tests. */
  readonly clock?: Partial<RetryClock>;
}

/** Options with their defaults. */
export interface DescriberSettings {
  readonly baseUrl: string;
  /** The endpoint's origin and path, as keys and provenance name it: no query, no slash at the end. */
  readonly endpoint: string;
  readonly model: string;
  readonly apiKey: string;
  readonly images: boolean;
  readonly maxSide: number;
  readonly language: string;
  readonly minWords: number;
  readonly maxWords: number;
  readonly sampling: Sampling;
  readonly attempts: number;
  readonly concurrency: number;
  readonly timeout: number;
  readonly retry: Required<RetryOptions>;
  readonly maxFailures: number;
  readonly budget: DescriberBudget;
  readonly prices: TokenPrices | undefined;
  readonly cache: string | undefined;
  readonly clock: RetryClock;
}

const count = z.int().min(1);
const amount = z.number().min(0);
/** Timers take no more milliseconds than this. */
const milliseconds = z
  .number()
  .min(0)
  .max(2 ** 31 - 1);

const schema = z
  .object({
    baseUrl: z.string().refine(isEndpoint, 'expected an http or https URL without user and password'),
    model: z.string().min(1),
    apiKey: z.string().min(1).exactOptional(),
    images: z.boolean().exactOptional(),
    maxSide: z.int().min(16).max(4096).exactOptional(),
    // It stands in the prompt.
    language: z
      .string()
      .regex(/^[\p{L} -]{2,40}$/u)
      .exactOptional(),
    minWords: count.exactOptional(),
    maxWords: count.max(200).exactOptional(),
    temperature: z.number().min(0).max(2).exactOptional(),
    topP: z.number().gt(0).max(1).exactOptional(),
    seed: z.int().exactOptional(),
    maxTokens: count.exactOptional(),
    tokenLimitField: z.enum(['max_tokens', 'max_completion_tokens']).exactOptional(),
    attempts: count.max(20).exactOptional(),
    concurrency: count.max(1000).exactOptional(),
    timeout: milliseconds.min(1).exactOptional(),
    retry: z
      .strictObject({
        retries: z.int().min(0).max(20).exactOptional(),
        baseDelay: milliseconds.exactOptional(),
        maxDelay: milliseconds.exactOptional(),
        maxRetryAfter: milliseconds.exactOptional(),
      })
      .exactOptional(),
    maxFailures: count.exactOptional(),
    budget: z
      .strictObject({
        requests: z.int().min(0).exactOptional(),
        tokens: z.int().min(0).exactOptional(),
        cost: amount.exactOptional(),
      })
      .exactOptional(),
    prices: z.strictObject({ promptPerMillion: amount, completionPerMillion: amount }).exactOptional(),
    cache: z.string().min(1).exactOptional(),
    clock: z.unknown().optional(),
  })
  .strict()
  .superRefine(({ budget, prices, minWords = 2, maxWords = 40 }, context) => {
    if (budget?.cost !== undefined && !prices)
      context.addIssue({ code: 'custom', path: ['budget', 'cost'], message: 'needs prices' });
    if (minWords > maxWords)
      context.addIssue({ code: 'custom', path: ['minWords'], message: `more than maxWords (${maxWords})` });
  });

/**
 * The options with their defaults.
 *
 * @throws FgamError `label/bad-config` with all faults
 */
export function describerSettings(options: LlmDescriberOptions): DescriberSettings {
  const { error } = schema.safeParse(options);
  if (error)
    throw labelError('label/bad-config', `createLlmDescriber: ${listFaults(error, 'options').join('; ')}`);
  const { temperature = 0.2, topP, seed, maxTokens = 96, tokenLimitField = 'max_tokens' } = options;
  const { retries = 5, baseDelay = 500, maxDelay = 30_000, maxRetryAfter = 120_000 } = options.retry ?? {};
  return {
    baseUrl: options.baseUrl,
    endpoint: endpointOf(options.baseUrl),
    model: options.model,
    apiKey: options.apiKey ?? 'none',
    images: options.images ?? false,
    maxSide: options.maxSide ?? 512,
    language: options.language ?? 'English',
    minWords: options.minWords ?? 2,
    maxWords: options.maxWords ?? 40,
    sampling: {
      temperature,
      ...(topP === undefined ? {} : { topP }),
      ...(seed === undefined ? {} : { seed }),
      maxTokens,
      tokenLimitField,
    },
    attempts: options.attempts ?? 3,
    concurrency: options.concurrency ?? 8,
    timeout: options.timeout ?? 60_000,
    retry: { retries, baseDelay, maxDelay, maxRetryAfter },
    maxFailures: options.maxFailures ?? 10,
    budget: options.budget ?? {},
    prices: options.prices,
    cache: options.cache,
    clock: {
      now: Date.now,
      random: Math.random,
      sleep,
      ...options.clock,
    },
  };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

/**
 * An endpoint as keys and provenance name it: origin and path. Two of one host differ by their
 * path; a query may hold a key.
 *
 * @param baseUrl - an http or https URL
 * @returns without query, fragment, user, password and slashes at the end
 * @throws TypeError for what is no URL
 * @example
 * ```ts
 * import { endpointOf } from '@fgam/label';
 *
 * const endpoint = endpointOf('https://api.example.com/openai/v1/?api-key=secret');
 * if (endpoint !== 'https://api.example.com/openai/v1') throw new Error(endpoint);
 * ```
 */
export function endpointOf(baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return origin + pathname.replace(/\/+$/, '');
}

async function sleep(wait: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(wait, undefined, signal ? { signal } : {});
  } catch (error) {
    // Node wraps the reason.
    signal?.throwIfAborted();
    throw error;
  }
}
