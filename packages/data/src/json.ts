import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { printParseErrorCode, visit } from 'jsonc-parser';
import { FgamError } from './error.js';

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

const START: TextPosition = { line: 1, column: 1, byteOffset: 0 };

/**
 * Parses JSON; a fault is reported with file, line, column and byte offset.
 *
 * @param text - the JSON text
 * @param file - named in the error
 * @param start - where the text begins in its file
 * @throws FgamError `data/bad-json`
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

/** Reads a whole text file; undefined where there is none. @throws FgamError `data/missing-file` for one that can't be read */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): FgamError {
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
 */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readText(path), path);
}

/**
 * Reads a JSON Lines file: one value a line, each with its line number from 1. Only the last line may be empty.
 *
 * @throws FgamError `data/bad-json` with the line; `data/missing-file`
 */
export async function readJsonLines(
  path: string,
): Promise<{ readonly line: number; readonly value: unknown }[]> {
  const lines = (await readText(path)).split('\n');
  if (lines.at(-1) === '') lines.pop();
  let byteOffset = 0;
  return lines.map((text, index) => {
    const value = parseJson(text, path, { line: index + 1, column: 1, byteOffset });
    byteOffset += Buffer.byteLength(text) + 1;
    return { line: index + 1, value };
  });
}

const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Streams the elements of a JSON file that is one array, whatever its size (Visual Genome's files are longer than the
 * longest string of Node). Only one element is held at a time.
 *
 * @throws FgamError `data/bad-json` with line, column and byte offset; `data/missing-file`
 */
export async function* readJsonArray(path: string): AsyncGenerator<unknown, void, undefined> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let closed = false;
  let byteOffset = 0;
  let lineStart = 0;
  let line = 1;
  let elements = 0;
  let start: TextPosition = START;
  let parts: Buffer[] = [];
  const here = (): TextPosition => ({ line, column: byteOffset - lineStart + 1, byteOffset });
  const fault = (problem: string, at = here()) =>
    new FgamError(
      'data/bad-json',
      `${path}:${at.line}:${at.column} (byte ${at.byteOffset}): expected one JSON array, got: ${problem}; ` +
        'the file may be cut off or of another format',
    );
  const isBlank = (byte: number) => byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
  const finish = (): unknown => {
    const text = Buffer.concat(parts).toString('utf8');
    parts = [];
    elements++;
    return parseJson(text, path, start);
  };
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      let from = 0;
      const base = byteOffset;
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i] as number;
        byteOffset = base + i;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (depth === 0) {
          if (!isBlank(byte)) {
            if (closed) throw fault('something after the end of the array');
            if (byte !== OPEN_ARRAY) throw fault(`${JSON.stringify(String.fromCharCode(byte))} at its start`);
            depth = 1;
            from = i + 1;
            start = { line, column: byteOffset - lineStart + 2, byteOffset: byteOffset + 1 };
          }
        } else if (byte === QUOTE) inString = true;
        else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
        else if (byte === CLOSE_OBJECT && depth > 1) depth--;
        else if (byte === CLOSE_ARRAY || (byte === COMMA && depth === 1)) {
          if (depth > 1) depth--;
          else {
            parts.push(chunk.subarray(from, i));
            from = i + 1;
            if (byte === CLOSE_ARRAY) {
              depth = 0;
              closed = true;
              if (elements > 0 || parts.some((part) => !part.every(isBlank))) yield finish();
            } else {
              yield finish();
              start = { line, column: byteOffset - lineStart + 2, byteOffset: byteOffset + 1 };
            }
          }
        }
        if (byte === NEWLINE) {
          line++;
          lineStart = byteOffset + 1;
        }
      }
      if (depth > 0) parts.push(chunk.subarray(from));
      byteOffset = base + chunk.length;
    }
  } catch (error) {
    if (error instanceof FgamError) throw error;
    throw unreadable(path, error);
  }
  if (!closed) throw fault('the end of the file before the end of the array');
}
