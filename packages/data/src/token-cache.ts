/** Turns a text into token ids. */
export type Tokenize = (text: string) => readonly number[];

/** Remembers the ids of up to `limit` texts, so that repeated descriptions cost one lookup. */
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
