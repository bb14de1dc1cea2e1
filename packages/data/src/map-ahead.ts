/**
 * `work` of each item, in order, up to `limit` of them begun ahead of the one that is handed out. What was
 * begun has ended when the stream ends.
 */
export async function* mapAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const ahead: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const begun = work(item);
      begun.catch(() => undefined); // Thrown when its turn comes.
      ahead.push(begun);
      if (ahead.length >= limit) yield (await ahead.shift()) as Result;
    }
    while (ahead.length > 0) yield (await ahead.shift()) as Result;
  } finally {
    await Promise.allSettled(ahead);
  }
}
