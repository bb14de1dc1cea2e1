import { type Critic, listFaults } from '@fgam/data';
import { z } from 'zod';
import { rectifierError } from '../error.js';

/** The model that answers, behind an OpenAI-compatible endpoint. */
export interface UpstreamOptions {
  /** Up to and with `/v1`, such as `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer`, and nowhere else. Clients' own keys never reach the upstream. */
  readonly apiKey?: string | undefined;
  /** Asked for whatever model a request names. Default: the request's. */
  readonly model?: string | undefined;
  /** Milliseconds of each try, until the whole reply is there; of a stream, between two pieces. Default 120,000. */
  readonly timeout?: number | undefined;
  /** Tries after the first, for 408, 409, 429, 5xx, broken connections, broken JSON and timeouts. Default 2. */
  readonly retries?: number | undefined;
}

/** Options of `createProxy`. */
export interface ProxyOptions {
  readonly upstream: UpstreamOptions;
  /** The first checks what names no other; requests may name each by its `name`. */
  readonly critics: readonly Critic[];
  /** Most revisions of an answer where a request does not say. Default 2. */
  readonly rounds?: number | undefined;
  /**
   * How sure of its refusal the critic must be for a revision, 0..1; a critic without a confidence is never sure.
   * Default: each refusal is revised.
   */
  readonly whileSure?: number | undefined;
  /**
   * Whether the upstream is asked of each revision, twice with positions swapped, whether it is better than the
   * answer before it, which stays where that is worse (`createDecider`). Default false.
   */
  readonly decide?: boolean | undefined;
  /** Tokens of a first answer and its revisions, looked at before each call. Default: no limit. */
  readonly budgetTokens?: number | undefined;
  /**
   * Milliseconds of an answer, from when it is worked on (not while its request comes or waits) until it is there,
   * with images, first answer and rounds; requests may ask for fewer. Where first answer and images are not there
   * by then it is a 504; afterwards calls under way are ended, heeded or not, and the rounds give what they have.
   * What is passed through has the upstream's time, unless its request names a budget (a stream has to begin by
   * it). An answer that is written out does not count, nor can a critic of this process be ended that computes
   * without ever yielding. Default 60,000.
   */
  readonly budgetMs?: number | undefined;
  /** Requests worked on at a time. Default 64. */
  readonly maxConcurrent?: number | undefined;
  /** Requests that wait beside them; those beyond get 429. Default 256. */
  readonly maxQueued?: number | undefined;
  /**
   * Bytes of a request's body, images in base64 among them. Default 20 MiB: fewer than `maxImages`
   * of `maxImageBytes` take.
   */
  readonly maxBody?: number | undefined;
  /**
   * Bytes of the bodies of all requests that wait or are worked on; those beyond get 429. Default 256 MiB, or
   * `maxBody` where that is more: of photos of 3 MB each 64, however many may wait. A request takes some five
   * times the memory of its body.
   */
  readonly maxBodyMemory?: number | undefined;
  /**
   * Milliseconds that a client may take to send each piece of its request (all of it: 300,000, or this where it is
   * more), and to take each piece of a stream; after them its connection is closed. Default 60,000.
   */
  readonly clientTimeout?: number | undefined;
  /** Images of a request. Default 8. */
  readonly maxImages?: number | undefined;
  /** Bytes of an image. Default 10 MiB. */
  readonly maxImageBytes?: number | undefined;
  /** Whether images given by an http(s) URL are fetched, from public addresses alone. Default false. */
  readonly allowImageFetch?: boolean | undefined;
  /** Keys of which a client must send one as `Authorization: Bearer`. Default: none is asked for. */
  readonly clientKeys?: readonly string[] | undefined;
  /** Trajectories kept for `GET /v1/fgam/trajectories/:id`, the latest. Default 1,000. */
  readonly maxTrajectories?: number | undefined;
  /** Told of each fault that a client gets no details of, without keys. Default: nothing is told. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Most revisions that a request may ask for. */
export const MOST_ROUNDS = 8;

const count = z.int().min(1);
/** What a timer of Node can wait for. */
const milliseconds = count.max(2 ** 31 - 1);
const key = z.string().min(1);
/** Of `whileSure`. */
export const share = z.number().min(0).max(1);
const settingsSchema = z.object({
  upstream: z.object({
    baseUrl: z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' }),
    apiKey: key.optional(),
    model: z.string().min(1).optional(),
    timeout: milliseconds.default(120_000),
    retries: z.int().min(0).default(2),
  }),
  critics: z
    .array(z.custom<Critic>((value) => typeof (value as Partial<Critic> | null)?.critique === 'function'))
    .min(1)
    .refine((critics) => new Set(critics.map(({ name }) => name)).size === critics.length, {
      error: 'expected distinct names',
    }),
  rounds: z.int().min(0).max(MOST_ROUNDS).default(2),
  whileSure: share.optional(),
  decide: z.boolean().default(false),
  budgetTokens: count.optional(),
  budgetMs: milliseconds.default(60_000),
  maxConcurrent: count.default(64),
  maxQueued: z.int().min(0).default(256),
  maxBody: count.default(20 * 2 ** 20),
  maxBodyMemory: count.optional(),
  clientTimeout: milliseconds.default(60_000),
  maxImages: z.int().min(0).default(8),
  maxImageBytes: count.default(10 * 2 ** 20),
  allowImageFetch: z.boolean().default(false),
  clientKeys: z.array(key).min(1).optional(),
  maxTrajectories: count.default(1000),
});
const schema = settingsSchema
  .transform(({ maxBodyMemory, ...others }) => ({
    ...others,
    maxBodyMemory: maxBodyMemory ?? Math.max(256 * 2 ** 20, others.maxBody),
  }))
  .refine(({ maxBody, maxBodyMemory }) => maxBody <= maxBodyMemory, {
    path: ['maxBodyMemory'],
    error: 'expected no fewer bytes than maxBody',
  });

/** Options with their defaults. */
export type ProxySettings = z.infer<typeof schema> & { readonly log: (line: string) => void };

/** Checks options and fills in defaults. @throws FgamError `rectifier/bad-config` naming every fault, never a key */
export function proxySettings({ log = () => {}, ...options }: ProxyOptions): ProxySettings {
  const parsed = schema.safeParse(options);
  if (parsed.success) return { ...parsed.data, log };
  throw rectifierError(
    'rectifier/bad-config',
    `createProxy: ${listFaults(parsed.error, 'options').join('; ')}`,
  );
}
