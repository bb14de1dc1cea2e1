import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { InvalidInputError, readSheet, type SheetData } from 'read-excel-file/node';
import { benchError } from '../../error.js';

/** A row of a table with a heading line, by column name; an empty cell is not there. */
export type TableRow = Readonly<Record<string, string>>;

/** Names of files that are read as tables. */
export const TABLE_NAME = /\.(?:tsv|csv|xlsx)$/i;

/**
 * Reads a table with a heading line: tab- or comma-separated text, or the first sheet of an XLSX file. Cells are text, whatever the sheet
 * makes of them.
 *
 * @throws FgamError `bench/bad-input` where the file is no such table
 */
export async function readTable(path: string): Promise<readonly TableRow[]> {
  try {
    if (path.toLowerCase().endsWith('.xlsx')) return rowsOfSheet(await readSheet(path, 1, { trim: false }));
    const rows: Record<string, string>[] = parse(await readFile(path), {
      columns: true,
      bom: true,
      delimiter: path.toLowerCase().endsWith('.tsv') ? '\t' : ',',
      skip_empty_lines: true,
    });
    return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== '')));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Rows of a sheet, as rows by column name. */
function rowsOfSheet(sheet: SheetData): TableRow[] {
  const [head = [], ...rows] = sheet;
  return rows.map((cells) =>
    Object.fromEntries(
      cells.flatMap((cell, column) => {
        const name = head[column];
        return cell === null || name === null || name === undefined ? [] : [[String(name), textOf(cell)]];
      }),
    ),
  );
}

/** An answer such as `True` or `2` becomes a boolean or a number in a sheet: as Python writes it, since Python's table reader made the sheet. */
function textOf(cell: unknown): string {
  if (typeof cell === 'boolean') return cell ? 'True' : 'False';
  return cell instanceof Date ? cell.toISOString() : String(cell);
}

function unreadable(path: string, error: unknown): Error {
  if (!(error instanceof Error)) throw error;
  const said = error instanceof InvalidInputError ? error.code : error.message;
  return benchError(
    'bench/bad-input',
    `${path}: expected a table with a heading line, got: ${said}; check the path and the format`,
    { cause: error },
  );
}
