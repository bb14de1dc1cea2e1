/** Turns a text into token ids. */
export type Tokenize = (text: string) => readonly number[];

/**
 * Remembers the ids of up to `limit` texts, so that repeated descriptions cost one lookup.
 * A text beyond them forgets all others.
 *
 * @example
 * ```ts
 * import { cacheTokens } from '@fgam/data';
 * let calls = 0;
 * const lengths = cacheTokens((text) => {
 *   calls += 1;
 *   return text.split(' ').map((word) => word.length);
 * });
 * const [first, again] = [lengths('a red circle'), lengths('a red circle')];
 * if (first.join() !== '1,3,6' || again !== first) throw new Error(again.join());
 * if (calls !== 1) throw new Error(`${calls} calls`);
 * ```
 */
export function cacheTokens(tokenize: Tokenize, limit = 100_000): Tokenize {
  const kept = new Map<string, readonly number[]>();
  return (text) => {
    const found = kept.get(text);
    if (found) return found;
    const ids = tokenize(text);
    if (kept.size >= limit) kept.clear();
    kept.set(text, ids);
    return ids;
  };
}
