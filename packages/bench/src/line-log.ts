import { appendFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, readTextIfThere } from '@fgam/data';

/** A file that grows by a line at a time. */
export interface LineLog {
  /** Those that were there when it was opened. */
  readonly lines: readonly string[];
  /** Appends a record as JSON. Calls are written one after another. */
  readonly append: (record: object) => Promise<void>;
}

/**
 * Opens a JSON Lines file to append to it; nothing is written before the first record. A last line that a
 * killed process left unfinished is cut off.
 */
export async function openLineLog(file: string): Promise<LineLog> {
  const text = (await readTextIfThere(file)) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  let writing = Promise.resolve();
  let isReady = false;
  const prepare = async (): Promise<void> => {
    if (isReady) return;
    await makeFolder(dirname(file));
    if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
    isReady = true;
  };
  return {
    lines: whole.split('\n').slice(0, -1),
    append(record) {
      writing = writing.then(async () => {
        await prepare();
        await appendFile(file, `${JSON.stringify(record)}\n`);
      });
      return writing;
    },
  };
}
