import { parseJson } from './json.js';
import { decodeJson } from './json-splitter.js';
import { readBlocks } from './read-blocks.js';

/** A value of a JSON Lines file and its line, from 1. */
export interface JsonLine {
  readonly line: number;
  readonly value: unknown;
}

const NEWLINE = 0x0a;
/** Bytes that are looked at between two turns of the event loop. */
const BLOCK = 1 << 17;

/**
 * Streams a JSON Lines file of any size: one value a line. Only the last line may be empty. Of the file no
 * more than a block and one line is held.
 *
 * @throws FgamError `data/bad-json` with the line; `data/missing-file`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { streamJsonLines } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'lines-')), 'a.jsonl');
 * await writeFile(path, '{"id": 1}\n{"id": 2}\n');
 * const lines = [];
 * for await (const { line } of streamJsonLines(path)) lines.push(line);
 * if (lines.join() !== '1,2') throw new Error(lines.join());
 * ```
 */
export async function* streamJsonLines(path: string): AsyncGenerator<JsonLine, void, undefined> {
  /** Of the line under way, from former blocks. */
  let parts: Buffer[] = [];
  let [line, byteOffset] = [1, 0];
  const take = (end: Buffer): JsonLine => {
    const bytes = parts.length === 0 ? end : Buffer.concat([...parts, end]);
    parts = [];
    return { line, value: parseJson(decodeJson(bytes), path, { line, column: 1, byteOffset }) };
  };
  for await (const block of readBlocks(path, BLOCK)) {
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      const length = parts.reduce((sum, part) => sum + part.length, end - start);
      yield take(block.subarray(start, end));
      line += 1;
      byteOffset += length + 1;
      start = end + 1;
    }
    // The block's memory is used again.
    if (start < block.length) parts.push(Buffer.from(block.subarray(start)));
  }
  if (parts.length > 0) yield take(Buffer.alloc(0));
}

/**
 * Reads a JSON Lines file: one value a line, each with its line number from 1. Only the last line may be empty.
 *
 * @throws FgamError `data/bad-json` with the line; `data/missing-file`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readJsonLines } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'lines-')), 'a.jsonl');
 * await writeFile(path, '{"id": 7}\n"a text"\n');
 * const lines = await readJsonLines(path);
 * if (JSON.stringify(lines) !== '[{"line":1,"value":{"id":7}},{"line":2,"value":"a text"}]')
 *   throw new Error(JSON.stringify(lines));
 * ```
 */
export async function readJsonLines(path: string): Promise<JsonLine[]> {
  const lines: JsonLine[] = [];
  for await (const each of streamJsonLines(path)) lines.push(each);
  return lines;
}
