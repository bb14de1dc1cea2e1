import { open } from 'node:fs/promises';
import { FgamError } from './error.js';

/**
 * Refuses a Python pickle, by its name or its first bytes: to read one is to run what it says.
 *
 * @throws FgamError `data/bad-record`, with the lines of Python that make JSON of it
 */
export async function refusePickle(fn: string, path: string): Promise<void> {
  if (!/\.(?:p|pkl|pickle)$/i.test(path) && !(await beginsAsPickle(path))) return;
  throw new FgamError(
    'data/bad-record',
    `${fn}: expected JSON, got the pickle ${path}, which is not opened because a pickle is a program. ` +
      'Where you trust its source, convert it with Python:\n' +
      '  import json, pickle\n' +
      `  refs = pickle.load(open(${JSON.stringify(path)}, 'rb'), encoding='utf-8')\n` +
      `  json.dump(refs, open(${JSON.stringify(`${path.replace(/\.[^./\\]*$/, '')}.json`)}, 'w'))`,
  );
}

/**
 * Pickles begin with byte 0x80 (protocol 2 and on), or in the text protocol with `(lp` or
 * `(dp`; JSON with none of them.
 */
async function beginsAsPickle(path: string): Promise<boolean> {
  const start = Buffer.alloc(3);
  try {
    const file = await open(path);
    try {
      await file.read(start, 0, 3, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    // The reader that comes next tells what is wrong with the path.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
  return start[0] === 0x80 || /^\([ld]p/.test(start.toString('latin1'));
}
