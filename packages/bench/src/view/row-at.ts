import { benchError } from '../error.js';

/** The item of a row. @throws FgamError `bench/bad-input` where there is none */
export function rowAt<Item>(items: readonly Item[], row: number): Item {
  const item = items[row];
  if (item === undefined)
    throw benchError(
      'bench/bad-input',
      `row: expected 0 to ${items.length - 1}, got ${row}; look at the list`,
    );
  return item;
}
