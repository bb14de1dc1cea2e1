import { createScanner } from 'jsonc-parser';
import { parseJson, readText, START, type TextPosition } from './json.js';

/** A way in which a file differs from a JSON array and from JSON Lines. */
export type JsonQuirk = 'byte-order-mark' | 'comma-after-value' | 'several-lines-a-value';

/** What `readJsonRecords` found. */
export interface JsonRecords {
  /** In the order of the file; `line`, from 1, where the file is not one array. */
  readonly records: readonly { readonly value: unknown; readonly line?: number }[];
  /** How the file is malformed, sorted; empty for an array, one object and JSON Lines. */
  readonly quirks: readonly JsonQuirk[];
}

/**
 * Reads the records of a file in any of the forms that public benchmarks come in: a JSON array, JSON
 * Lines (whatever the file's name ends in), and the malformed ones that say beyond doubt what is meant:
 * a comma after each line (SEED-Bench's predictions), values over several lines one after another
 * (POPE's `caption_data`), a byte order mark, empty lines. What was malformed is told in `quirks`. A
 * single object is one record.
 *
 * @throws FgamError `data/bad-json` with line, column and byte offset where a value is broken; `data/missing-file`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readJsonRecords } from '@fgam/data';
 * const file = join(await mkdtemp(join(tmpdir(), 'records-')), 'a.json');
 * await writeFile(file, '{"id": 1},\n{"id": 2},\n');
 * const { records, quirks } = await readJsonRecords(file);
 * if (records.length !== 2 || quirks[0] !== 'comma-after-value') throw new Error(JSON.stringify({ records, quirks }));
 * ```
 */
export async function readJsonRecords(path: string): Promise<JsonRecords> {
  const whole = await readText(path);
  const marked = whole.startsWith('\uFEFF');
  const text = marked ? whole.slice(1) : whole;
  const quirks = new Set<JsonQuirk>(marked ? ['byte-order-mark'] : []);
  const parsed = attempt(text);
  const records =
    parsed === undefined
      ? (recordsOfLines(text, quirks) ?? recordsInRow(text, path, marked, quirks))
      : (Array.isArray(parsed.value) ? parsed.value : [parsed.value]).map((value: unknown) => ({ value }));
  return { records, quirks: [...quirks].sort() };
}

function attempt(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // Not a whole value: another form is tried, and the last of them names the fault.
    return undefined;
  }
}

/** A value a line, perhaps with a comma after it; undefined where a line is none. */
function recordsOfLines(text: string, quirks: Set<JsonQuirk>): JsonRecords['records'] | undefined {
  const records: { readonly value: unknown; readonly line: number }[] = [];
  let commas = false;
  for (const [place, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const bare = trimmed.endsWith(',') ? trimmed.slice(0, -1) : trimmed;
    const parsed = attempt(bare);
    if (parsed === undefined) return undefined;
    commas ||= bare !== trimmed;
    records.push({ value: parsed.value, line: place + 1 });
  }
  if (commas) quirks.add('comma-after-value');
  return records;
}

/** Values one after another, wherever lines end. */
function recordsInRow(
  text: string,
  path: string,
  marked: boolean,
  quirks: Set<JsonQuirk>,
): JsonRecords['records'] {
  const records: { readonly value: unknown; readonly line: number }[] = [];
  const scanner = createScanner(text);
  let depth = 0;
  let begin: { readonly offset: number; readonly at: TextPosition } | undefined;
  // Offsets are in UTF-16 units: bytes are counted on from value to value.
  let counted = 0;
  let byteOffset = marked ? Buffer.byteLength('\uFEFF') : START.byteOffset;
  while (scanner.getPosition() < text.length) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    const token = text.slice(offset, scanner.getPosition());
    if (token.trim() === '') continue;
    if (depth === 0 && begin === undefined) {
      if (token === ',' && records.length > 0) {
        quirks.add('comma-after-value');
        continue;
      }
      byteOffset += Buffer.byteLength(text.slice(counted, offset));
      counted = offset;
      const line = scanner.getTokenStartLine() + 1;
      begin = { offset, at: { line, column: scanner.getTokenStartCharacter() + 1, byteOffset } };
    }
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (depth > 0 || begin === undefined) continue;
    const value = parseJson(text.slice(begin.offset, scanner.getPosition()), path, begin.at);
    records.push({ value, line: begin.at.line });
    if (scanner.getTokenStartLine() + 1 > begin.at.line) quirks.add('several-lines-a-value');
    begin = undefined;
  }
  // What is left open is parsed for the error that names its fault.
  if (begin !== undefined) parseJson(text.slice(begin.offset), path, begin.at);
  return records;
}
