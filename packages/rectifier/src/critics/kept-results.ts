import type { LRUCache } from 'lru-cache';

/**
 * Results of items, in their order: what is kept by an item's key is taken, the others are made in one call, those
 * of one key once, and kept. An item without a key is made each time.
 *
 * @param make - one result an item, in their order
 */
export async function keptResults<Item, Result extends object>(
  kept: LRUCache<string, Result>,
  items: readonly Item[],
  keys: readonly (string | undefined)[],
  make: (missing: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const places = keys.map((key, i) => key ?? i);
  const found = new Map<string | number, Result>();
  const missing = new Map<string | number, Item>();
  for (const [i, place] of places.entries()) {
    const known = typeof place === 'string' ? kept.get(place) : undefined;
    if (known === undefined) missing.set(place, items[i] as Item);
    else found.set(place, known);
  }
  const made = missing.size === 0 ? [] : await make([...missing.values()]);
  for (const [i, place] of [...missing.keys()].entries()) {
    const result = made[i] as Result;
    found.set(place, result);
    if (typeof place === 'string') kept.set(place, result);
  }
  return places.map((place) => found.get(place) as Result);
}
