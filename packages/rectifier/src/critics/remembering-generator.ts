import { type GenerateRequest, type Generation, type Generator, imageKey } from '@fgam/data';
import { LRUCache } from 'lru-cache';
import { rectifierError } from '../error.js';
import { keptResults } from './kept-results.js';

/** Options of {@link createRememberingGenerator}. */
export interface RememberingGeneratorOptions {
  /** Texts that are kept, the latest used. Default 4096. */
  readonly most?: number;
}

/**
 * A generator that says again what it has said to the same greedy request: the same image (a file of another size
 * or time is another), prompt, limit, stops and pattern. For a critic whose prompt has no response in it, such as
 * `createDescriptionCritic` or a module that states what is true: it is asked once for all rounds. Requests whose
 * temperature is not 0 pass through, and what calls that overlap ask alike is asked for each; hints such as drafts
 * do not count, as they change no text but for near-ties.
 *
 * @param generator - whose weights stay as they are
 * @throws FgamError `rectifier/bad-config` for a `most` that is no integer from 1; at the call, as the generator
 * does, and `rectifier/bad-port` where it gives not one text a request; the signal's reason
 * @example
 * ```ts
 * import type { Generator } from '@fgam/data';
 * import { createRememberingGenerator } from '@fgam/rectifier';
 *
 * let calls = 0;
 * const counting: Generator = {
 *   name: 'counting',
 *   generate: async (requests) =>
 *     requests.map(() => ({ text: String((calls += 1)), tokens: [1], logprobs: [0], finish: 'stop' })),
 * };
 * const generator = createRememberingGenerator(counting);
 * const ask = async (prompt: string) =>
 *   (await generator.generate([{ prompt, maxTokens: 8, temperature: 0 }]))[0]?.text;
 * const said = [await ask('a'), await ask('b'), await ask('a')].join();
 * if (said !== '1,2,1') throw new Error(said);
 * ```
 */
export function createRememberingGenerator(
  generator: Generator,
  { most = 4096 }: RememberingGeneratorOptions = {},
): Generator {
  if (!Number.isInteger(most) || most < 1)
    throw rectifierError(
      'rectifier/bad-config',
      `createRememberingGenerator: expected an integer from 1 as most, got ${most}`,
    );
  const kept = new LRUCache<string, Generation>({ max: most });
  return {
    name: generator.name,
    async generate(requests, call = {}) {
      const keys = await Promise.all(requests.map(keyOf));
      call.signal?.throwIfAborted();
      return keptResults(kept, requests, keys, async (missing) => {
        const said = await generator.generate(missing, call);
        if (said.length !== missing.length)
          throw rectifierError(
            'rectifier/bad-port',
            `createRememberingGenerator: ${generator.name}: expected ${missing.length} texts, got ${said.length}`,
          );
        return said;
      });
    },
  };
}

/** Of a greedy request what its text depends on; none of another. */
async function keyOf({
  image,
  prompt,
  maxTokens,
  temperature,
  stop,
  pattern,
}: GenerateRequest): Promise<string | undefined> {
  if (temperature !== 0) return undefined;
  const seen = image === undefined ? null : await imageKey(image);
  return JSON.stringify([seen, prompt, maxTokens, stop, pattern]);
}
