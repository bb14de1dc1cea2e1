import { type FileHandle, open } from 'node:fs/promises';
import { unreadable } from './json.js';

/** Bytes that are read at once. */
const READ = 1 << 22;

/**
 * A file's bytes in blocks. Their memory is used again: new buffers would make V8 collect garbage all the time.
 *
 * @param size - bytes of a block at most
 * @throws FgamError `data/missing-file`
 */
export async function* readBlocks(path: string, size: number): AsyncGenerator<Buffer, void, undefined> {
  const read = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      throw unreadable(path, error);
    }
  };
  const file: FileHandle = await read(open(path));
  try {
    const buffer = Buffer.allocUnsafeSlow(READ);
    for (;;) {
      const { bytesRead } = await read(file.read(buffer, 0, READ));
      if (bytesRead === 0) return;
      for (let start = 0; start < bytesRead; start += size)
        yield buffer.subarray(start, Math.min(bytesRead, start + size));
    }
  } finally {
    await file.close();
  }
}
