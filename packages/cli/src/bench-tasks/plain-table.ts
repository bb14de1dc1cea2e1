import Table from 'cli-table3';

/** Lines between the rows of a table of numbers are left out. */
const CHARS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A table for a terminal, as plain text. */
export function plainTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({ head: [...head], chars: CHARS, style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
