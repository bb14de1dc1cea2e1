import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Digests by path, with the size and time that the files had. */
const known = new Map<string, { readonly state: string; readonly digest: Promise<string> }>();

/**
 * SHA-256 of files' bytes, one after the other, as hexadecimal digits; streamed, and remembered for as long
 * as paths, sizes and times stay the same.
 *
 * @param paths - a model's weights: its ONNX file, then the file of its external data where it has one
 */
export async function filesSha256(paths: readonly string[]): Promise<string> {
  const key = paths.join('\n');
  const states = await Promise.all(paths.map((path) => stat(path)));
  const state = states.map(({ size, mtimeMs }) => `${size} ${mtimeMs}`).join('\n');
  const before = known.get(key);
  if (before?.state === state) return before.digest;
  const digest = digestOf(paths);
  known.set(key, { state, digest });
  digest.catch(() => known.delete(key));
  return digest;
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths)
    for await (const part of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>)
      hash.update(part);
  return hash.digest('hex');
}
