import { readFile } from 'node:fs/promises';
import { printParseErrorCode, visit } from 'jsonc-parser';
import { FgamError } from './error.js';
import { isMissingFile } from './is-missing-file.js';

/** Where something is in a text file: line and column from 1, offset in bytes from 0. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
  readonly byteOffset: number;
}

/** The first fault of a text that `JSON.parse` refused. */
function findFault(text: string, parseMessage: string): { offset: number; problem: string } {
  const faults: { offset: number; problem: string }[] = [];
  visit(
    text,
    { onError: (code, offset) => faults.push({ offset, problem: spell(printParseErrorCode(code)) }) },
    { disallowComments: true, allowTrailingComma: false },
  );
  const [first] = faults;
  if (first) return first;
  // JSON.parse is stricter (control characters in strings, a byte order mark): it names the position in its message.
  const position = /position (\d+)/.exec(parseMessage)?.[1];
  return { offset: position === undefined ? 0 : Number(position), problem: parseMessage };
}

/** `PropertyNameExpected` -> `property name expected`. */
function spell(code: string): string {
  return code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();
}

function positionAt(text: string, offset: number, start: TextPosition): TextPosition {
  const before = text.slice(0, offset);
  const lines = before.split('\n');
  const column = (lines.at(-1) ?? '').length + 1;
  return {
    line: start.line + lines.length - 1,
    column: lines.length === 1 ? start.column + column - 1 : column,
    byteOffset: start.byteOffset + Buffer.byteLength(before),
  };
}

/** Where a file begins. */
export const START: TextPosition = { line: 1, column: 1, byteOffset: 0 };

/**
 * Parses JSON; a fault is reported with file, line, column and byte offset.
 *
 * @param text - the JSON text
 * @param file - named in the error
 * @param start - where the text begins in its file
 * @throws FgamError `data/bad-json`
 * @example
 * ```ts
 * import { parseJson } from '@fgam/data';
 * let message = '';
 * try {
 *   // `oops` is the tenth character; ten bytes come before it, as the é has two.
 *   parseJson('{"é": 1, oops}', 'a.json');
 * } catch (error) {
 *   message = String(error);
 * }
 * if (!message.includes('a.json:1:10 (byte 10): expected valid JSON')) throw new Error(message);
 * ```
 */
export function parseJson(text: string, file: string, start: TextPosition = START): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const { offset, problem } = findFault(text, message);
    const at = positionAt(text, offset, start);
    throw new FgamError(
      'data/bad-json',
      `${file}:${at.line}:${at.column} (byte ${at.byteOffset}): expected valid JSON, got: ${problem}; ` +
        'the file may be cut off or edited by hand: fetch or write it again',
      { cause: error },
    );
  }
}

/** Reads a whole text file. @throws FgamError `data/missing-file` */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Reads a whole text file; undefined where there is none.
 * @throws FgamError `data/missing-file` for one that can't be read
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readTextIfThere } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'text-')), 'a.txt');
 * if ((await readTextIfThere(path)) !== undefined) throw new Error('expected no text');
 * await writeFile(path, 'a cat');
 * if ((await readTextIfThere(path)) !== 'a cat') throw new Error('expected the text');
 * ```
 */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw unreadable(path, error);
  }
}

/** The error for a file that can't be read. */
export function unreadable(path: string, error: unknown): FgamError {
  const said = error instanceof Error ? error.message : String(error);
  return new FgamError(
    'data/missing-file',
    `${path}: expected a readable file, got: ${said}; check the path`,
    {
      cause: error,
    },
  );
}

/**
 * Reads a JSON file.
 *
 * @throws FgamError `data/bad-json` with line, column and byte offset; `data/missing-file`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { isFgamError, readJson } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'json-'));
 * await writeFile(join(folder, 'a.json'), '{"ids": [1, 2]}');
 * const value = await readJson(join(folder, 'a.json'));
 * if (JSON.stringify(value) !== '{"ids":[1,2]}') throw new Error(JSON.stringify(value));
 * const error = await readJson(join(folder, 'b.json')).catch((error: unknown) => error);
 * if (!isFgamError(error) || error.code !== 'data/missing-file') throw error;
 * ```
 */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readText(path), path);
}
