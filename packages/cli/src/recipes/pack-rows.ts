/** Rows among which room is looked for: the last that were begun. */
const OPEN = 64;

/**
 * Deals items over rows of a length by first fit: each goes into the first row that has room for it, of the last
 * {@link OPEN} that were begun. Items that are longer than a row are left out.
 *
 * @param lengthOf - tokens of an item
 */
export function packRows<T>(items: readonly T[], length: number, lengthOf: (item: T) => number): T[][] {
  const rows: { readonly items: T[]; room: number }[] = [];
  for (const item of items) {
    const needed = lengthOf(item);
    if (needed > length) continue;
    let row = rows.slice(-OPEN).find(({ room }) => room >= needed);
    if (row === undefined) {
      row = { items: [], room: length };
      rows.push(row);
    }
    row.items.push(item);
    row.room -= needed;
  }
  return rows.map((row) => row.items);
}
