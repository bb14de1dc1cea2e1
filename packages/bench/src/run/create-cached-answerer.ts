import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Answer, Answerer, AnswerRequest, ImageSource } from '@fgam/data';
import pLimit from 'p-limit';
import { benchError } from '../error.js';
import { type AskedResponse, responseKey } from './response-key.js';
import { openResponses, type ResponseStore } from './response-store.js';

/** Options of {@link createCachedAnswerer}. */
export interface CachedAnswererOptions {
  /** JSON Lines file of responses, which is appended to. Default: none, and nothing is remembered beyond a call. */
  readonly file?: string;
  /** What tells the model from others: the hash of its files, or its endpoint and name. */
  readonly model: string;
  /** Of the model's use, such as the template of its prompts; a request's own come on top. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Requests that go to the model in one call, which are stored together. Default 32. */
  readonly batchSize?: number;
  /** Calls under way at a time. Default 1. */
  readonly concurrency?: number;
  /** Called as requests are answered, from the file or by the model. */
  readonly onAnswered?: (requests: number) => void;
}

/** An `Answerer` that remembers. */
export interface CachedAnswerer extends Answerer {
  /** Requests so far: those that the model answered, and those that it did not need to. */
  counts(): { readonly asked: number; readonly remembered: number };
}

interface Keyed {
  readonly asked: AskedResponse;
  readonly request: AnswerRequest;
  /** Places among the requests of a call. */
  readonly places: number[];
}

/**
 * An `Answerer` that stores what a model says in a file, under the SHA-256 of model, parameters, prompt,
 * former response and feedback, and image. What is there is not asked again, so that work that was killed
 * goes on; nor is what is asked twice in one call.
 *
 * @returns its calls throw FgamError `bench/bad-input` for an image that can't be read or a model that gives
 * another number of answers, and whatever the model throws: what it answered before is stored
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { createCachedAnswerer } from '@fgam/bench';
 * import type { Answerer } from '@fgam/data';
 *
 * const folder = await mkdtemp(`${tmpdir()}/responses-`);
 * await writeFile(`${folder}/a.png`, 'any bytes');
 * const model: Answerer = {
 *   name: 'echo',
 *   answer: async (requests) => requests.map(({ question }) => ({ text: question })),
 * };
 * const options = { file: `${folder}/responses.jsonl`, model: 'echo, version 1' };
 * const ask = [{ image: `${folder}/a.png`, question: 'a cat ?' }];
 * await (await createCachedAnswerer(model, options)).answer(ask);
 * const again = await createCachedAnswerer(model, options);
 * const [answer] = await again.answer(ask);
 * if (answer?.text !== 'a cat ?' || again.counts().asked !== 0) throw new Error('asked again');
 * ```
 */
export async function createCachedAnswerer(
  answerer: Answerer,
  options: CachedAnswererOptions,
): Promise<CachedAnswerer> {
  const { file, model, parameters = {}, batchSize = 32, concurrency = 1, onAnswered } = options;
  const store = file === undefined ? undefined : await openResponses(file);
  const limit = pLimit(concurrency);
  const hashOf = createImageHashes();
  const counts = { asked: 0, remembered: 0 };

  const keyed = async (request: AnswerRequest): Promise<AskedResponse> => {
    const { image, question, revision, maxTokens, temperature, seed } = request;
    return {
      model,
      parameters: {
        ...parameters,
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(seed === undefined ? {} : { seed }),
      },
      prompt: question,
      image: image === undefined ? '' : await hashOf(image),
      ...(revision === undefined ? {} : { revision }),
    };
  };
  const byKey = async (requests: readonly AnswerRequest[]): Promise<Map<string, Keyed>> => {
    const found = new Map<string, Keyed>();
    for (const [place, request] of requests.entries()) {
      const asked = await keyed(request);
      const key = responseKey(asked);
      const known = found.get(key);
      if (known === undefined) found.set(key, { asked, request, places: [place] });
      else known.places.push(place);
    }
    return found;
  };

  return {
    name: answerer.name,
    counts: () => ({ ...counts }),
    async answer(requests, { signal } = {}) {
      signal?.throwIfAborted();
      const answers: (Answer | undefined)[] = Array.from({ length: requests.length });
      const settle = ({ places }: Keyed, answer: Answer): void => {
        for (const place of places) answers[place] = answer;
        onAnswered?.(places.length);
      };
      const open: Keyed[] = [];
      for (const [key, each] of await byKey(requests)) {
        const known = store?.responses.get(key);
        counts.remembered += known === undefined ? each.places.length - 1 : each.places.length;
        if (known === undefined) open.push(each);
        else settle(each, answerOf(known));
      }
      // After a failure nothing more is asked, but what is under way is waited for and kept.
      const stop = new AbortController();
      const ask = async (batch: readonly Keyed[]): Promise<void> => {
        signal?.throwIfAborted();
        stop.signal.throwIfAborted();
        const given = await answerer.answer(
          batch.map(({ request }) => request),
          signal === undefined ? {} : { signal },
        );
        if (given.length !== batch.length)
          throw benchError(
            'bench/bad-input',
            `${answerer.name}: expected ${batch.length} answers, got ${given.length}; an Answerer gives one a request`,
          );
        counts.asked += batch.length;
        await keep(store, batch, given);
        for (const [index, each] of batch.entries()) settle(each, given[index] ?? { text: '' });
      };
      await Promise.all(
        batchesOf(open, batchSize).map((batch) =>
          limit(() => ask(batch).catch((error: unknown) => stop.abort(error))),
        ),
      );
      stop.signal.throwIfAborted();
      return answers.map((answer) => answer ?? { text: '' });
    },
  };
}

async function keep(
  store: ResponseStore | undefined,
  batch: readonly Keyed[],
  given: readonly Answer[],
): Promise<void> {
  if (store === undefined) return;
  await Promise.all(
    batch.map(({ asked }, index) => store.add(asked, answerOf(given[index] ?? { text: '' }))),
  );
}

function answerOf({ text, tokens }: Answer): Answer {
  return { text, ...(tokens === undefined ? {} : { tokens }) };
}

function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** SHA-256 of images' bytes; of a path it is read once. */
function createImageHashes(): (image: ImageSource) => Promise<string> {
  const known = new Map<string, string>();
  return async (image) => {
    if (typeof image !== 'string') return sha256(image);
    const before = known.get(image);
    if (before !== undefined) return before;
    let bytes: Buffer;
    try {
      bytes = await readFile(image);
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause);
      throw benchError(
        'bench/bad-input',
        `${image}: expected a readable image, got: ${said}; check the path`,
        {
          cause,
        },
      );
    }
    const hash = sha256(bytes);
    known.set(image, hash);
    return hash;
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
