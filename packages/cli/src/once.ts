import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FgamError, readTextIfThere, writeAtomic } from '@fgam/data';

/** Hash of a plain record, whatever the order of its keys. */
export function recordHash(record: unknown): string {
  return createHash('sha256').update(canonicalJson(record)).digest('hex');
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * Does a piece of long work once: its JSON result is kept in `folder/name.json` with the hash of what it
 * depends on, and a second call with the same dependencies returns that result. This is what makes a pipeline
 * of such pieces resumable.
 */
export async function once<Result>(
  folder: string,
  name: string,
  dependsOn: unknown,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(folder, `${name}.json`);
  const hash = recordHash(dependsOn);
  const kept = await readKept<Result>(path);
  if (kept?.hash === hash) return kept.result;
  const result = await work();
  await writeAtomic(path, JSON.stringify({ hash, result }));
  return result;
}

async function readKept<Result>(path: string): Promise<{ hash: string; result: Result } | undefined> {
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as { hash: string; result: Result };
  } catch (cause) {
    throw new FgamError<'fgam/bad-file'>('fgam/bad-file', `${path} is not what was kept there; remove it`, {
      cause,
    });
  }
}
