import { appendFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, readTextIfThere } from '@fgam/data';
import { benchError } from './error.js';

/** A file that grows by a line at a time. */
export interface LineLog {
  /** Those that were there when it was opened. */
  readonly lines: readonly string[];
  /** Appends a record as JSON. Calls are written one after another. */
  readonly append: (record: object) => Promise<void>;
}

/**
 * Opens a JSON Lines file to append to it; nothing is written before the first record. A last line that a
 * killed process left unfinished is cut off; one that is whole but for its end is kept.
 *
 * @throws FgamError `bench/bad-input` for a last line that is no beginning of a record: the file is another's
 */
export async function openLineLog(file: string): Promise<LineLog> {
  const text = (await readTextIfThere(file)) ?? '';
  const ended = text.slice(0, text.lastIndexOf('\n') + 1);
  const rest = text.slice(ended.length);
  if (rest !== '' && !rest.startsWith('{'))
    throw benchError(
      'bench/bad-input',
      `${file}: expected lines of JSON objects, got ${JSON.stringify(rest.slice(0, 40))} at its end; choose another folder`,
    );
  const isWhole = isJson(rest);
  const lines = ended.split('\n').slice(0, -1);
  if (isWhole) lines.push(rest);
  let writing = Promise.resolve();
  let isReady = false;
  const prepare = async (): Promise<void> => {
    if (isReady) return;
    await makeFolder(dirname(file));
    if (isWhole) await appendFile(file, '\n');
    else if (rest !== '') await truncate(file, Buffer.byteLength(ended));
    isReady = true;
  };
  return {
    lines,
    append(record) {
      writing = writing.then(async () => {
        await prepare();
        await appendFile(file, `${JSON.stringify(record)}\n`);
      });
      return writing;
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
