import { z } from 'zod';
import { openKeyedLog } from '../keyed-log.js';
import { type AskedResponse, responseKey } from './response-key.js';

const responseSchema = z.object({
  /** `responseKey` of what follows, but for the answer. */
  key: z.string(),
  model: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  prompt: z.string(),
  /** SHA-256 of the image's bytes; empty where the question has none. */
  image: z.string(),
  revision: z.object({ response: z.string(), feedback: z.string() }).exactOptional(),
  text: z.string(),
  tokens: z.number().exactOptional(),
});

/** What a model said, by what it was asked. */
export type StoredResponse = z.infer<typeof responseSchema>;

/** Responses of a file, by key. */
export interface ResponseStore {
  readonly responses: ReadonlyMap<string, StoredResponse>;
  /** Appends one to the file. */
  readonly add: (asked: AskedResponse, answer: Pick<StoredResponse, 'text' | 'tokens'>) => Promise<void>;
}

/**
 * Opens a file of responses: one a line, each under the hash of all that it depends on. A last line that a
 * killed process left unfinished is cut off.
 *
 * @throws FgamError `bench/bad-input` where a line is no response or its key is not that of what
 * was asked; `data/bad-json`
 */
export async function openResponses(file: string): Promise<ResponseStore> {
  const { records, add } = await openKeyedLog(file, {
    schema: responseSchema,
    keyOf: responseKey,
    fault:
      'expected a response under the hash of what was asked, got another; the file was changed by hand: remove the line, and it is asked again',
  });
  return {
    responses: records,
    add(asked, answer) {
      const { model, parameters, prompt, image, revision } = asked;
      return add({
        ...{ key: responseKey(asked), model, parameters: { ...parameters }, prompt, image },
        ...(revision === undefined ? {} : { revision }),
        ...answer,
      });
    },
  };
}
