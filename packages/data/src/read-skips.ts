import { z } from 'zod';
import { FgamError } from './error.js';
import { readJsonLines } from './json-lines.js';
import { describeFaults } from './parse-record.js';
import { SKIP_REASONS, type Skip } from './skips.js';

/** Checks a `Skip` that comes from a file. */
export const skipSchema = z.object({
  file: z.string(),
  id: z.string(),
  reason: z.enum(SKIP_REASONS),
  detail: z.string(),
}) satisfies z.ZodType<Skip>;

/**
 * Reads a file of skips, as `writeSkips` and `buildShards` write it (`skipped.jsonl`).
 *
 * @throws FgamError `data/missing-file`, `data/bad-json`; `data/bad-record` for a line that is no skip
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readSkips, writeSkips } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'skips-')), 'skipped.jsonl');
 * await writeSkips(path, [{ file: 'a.json', id: '7', reason: 'bad-box', detail: 'no area' }]);
 * if ((await readSkips(path))[0]?.reason !== 'bad-box') throw new Error();
 * ```
 */
export async function readSkips(path: string): Promise<Skip[]> {
  return (await readJsonLines(path)).map(({ line, value }) => {
    const result = skipSchema.safeParse(value);
    if (result.success) return result.data;
    throw new FgamError(
      'data/bad-record',
      `readSkips: expected a skip in line ${line} of ${path}, got: ${describeFaults(result.error)}`,
    );
  });
}
