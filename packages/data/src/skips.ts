import { FgamError } from './error.js';
import { writeAtomic } from './write-atomic.js';

/** Why records are left out. */
export const SKIP_REASONS = [
  'bad-record',
  'bad-box',
  'bad-image',
  'missing-image',
  'image-size',
  'missing-annotation',
  'duplicate-id',
  'unknown-category',
  'unknown-image',
  'unknown-object',
  'no-text',
  'bad-text',
  'unsafe-entry',
  'too-large',
  'small-image',
  'large-image',
  'aspect',
  'caption-length',
  'description-length',
  'low-similarity',
  'low-clip-score',
  'nsfw',
  'duplicate-url',
  'duplicate-caption',
  'duplicate-image',
  'unrelated',
] as const;

/** Why a record was left out. */
export type SkipReason = (typeof SKIP_REASONS)[number];

/** A record that was left out: of which file, which one, why. One line of `skipped.jsonl`. */
export interface Skip {
  readonly file: string;
  readonly id: string;
  readonly reason: SkipReason;
  readonly detail: string;
}

/** Collects skips up to a limit. */
export class SkipList {
  readonly skips: Skip[] = [];
  readonly #max: number;
  readonly #fn: string;

  /**
   * @param fn - the reader, named in the error
   * @param max - most skips allowed
   */
  constructor(fn: string, max = Number.POSITIVE_INFINITY) {
    this.#fn = fn;
    this.#max = max;
  }

  /** Adds a skip. @throws FgamError `data/too-many-skips` beyond the limit */
  add(file: string, id: string | number, reason: SkipReason, detail: string): void {
    this.skips.push({ file, id: String(id), reason, detail });
    if (this.skips.length > this.#max)
      throw new FgamError(
        'data/too-many-skips',
        `${this.#fn}: expected at most ${this.#max} bad records, got more; the last: ${file}, id ${id}: ${detail}. ` +
          `So far: ${summary(this.skips)}. Repair them or raise the limit`,
      );
  }
}

/**
 * Number of skips by reason.
 *
 * @example
 * ```ts
 * import { countSkips } from '@fgam/data';
 * const skip = { file: 'a.json', id: '7', detail: 'no area' };
 * const counts = countSkips([
 *   { ...skip, reason: 'bad-box' },
 *   { ...skip, reason: 'no-text' },
 *   { ...skip, reason: 'bad-box' },
 * ]);
 * // A reason that does not occur is not listed.
 * if (JSON.stringify(counts) !== '{"bad-box":2,"no-text":1}') throw new Error(JSON.stringify(counts));
 * ```
 */
export function countSkips(skips: readonly Skip[]): Partial<Record<SkipReason, number>> {
  const counts: Partial<Record<SkipReason, number>> = {};
  for (const { reason } of skips) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function summary(skips: readonly Skip[]): string {
  return Object.entries(countSkips(skips))
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}

/**
 * Writes skips as JSON Lines, whole or not at all.
 *
 * @throws FgamError `data/not-writable`
 * @example
 * ```ts
 * import { mkdtemp, readFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { writeSkips } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'skips-')), 'skipped.jsonl');
 * await writeSkips(path, [{ file: 'a.json', id: '7', reason: 'bad-box', detail: 'no area' }]);
 * const text = await readFile(path, 'utf8');
 * if (text !== '{"file":"a.json","id":"7","reason":"bad-box","detail":"no area"}\n') throw new Error(text);
 * ```
 */
export async function writeSkips(path: string, skips: readonly Skip[]): Promise<void> {
  await writeAtomic(path, skips.map((skip) => `${JSON.stringify(skip)}\n`).join(''));
}
