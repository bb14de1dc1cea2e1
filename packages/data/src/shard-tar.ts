import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { pack } from 'tar-stream';

/** One file of a tar. */
export interface TarFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * Writes a tar whose bytes depend on the files' names and contents alone (no times, no owners), and syncs it.
 *
 * @throws Error of the file system; whatever `files` throws
 */
export async function writeTarFile(
  path: string,
  files: AsyncIterable<TarFile>,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const tar = pack();
  // Opened first, so that the tar is listened to from its start: a fault that nobody hears ends the process.
  const file = await open(path, 'w');
  const written = (async () => {
    try {
      for await (const chunk of tar as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  })();
  const filled = (async () => {
    for await (const { name, content } of files) {
      const header = { name, size: content.byteLength, mtime: new Date(0), mode: 0o644 };
      await new Promise<void>((resolve, reject) => {
        tar.entry(header, (error) => (error ? reject(error) : resolve())).end(content);
      });
    }
    tar.finalize();
  })();
  // Whichever side fails (a full disk, a sample) ends the other: an entry would wait for ever
  // for a reader that is gone.
  const end = (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error)));
  filled.catch(end);
  written.catch(end);
  await Promise.all([filled, written]);
  return { sha256: hash.digest('hex'), bytes };
}
