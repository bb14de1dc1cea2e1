import { createRandom } from '@fgam/data';
import type { Cursor } from '../cursor.js';

/** How an iteration's rows are drawn. */
export interface MinibatchOptions {
  readonly seed: number;
  /** Passes over the rows, each in an order of its own. */
  readonly epochs: number;
  /** Rows of an update; what a pass has left for less than one is skipped. */
  readonly size: number;
}

/**
 * The rows of an update, and where the next one stands: it depends on the seed and the cursor alone.
 *
 * @param cursor - `epoch` is the iteration, `position` the update within it
 */
export function drawMinibatch<Row>(
  rows: readonly Row[],
  { epoch: iteration, position }: Cursor,
  { seed, epochs, size }: MinibatchOptions,
): { readonly drawn: readonly Row[]; readonly next: Cursor } {
  const updates = Math.floor(rows.length / size);
  const pass = Math.floor(position / updates);
  const from = (position % updates) * size;
  const isLast = position + 1 === epochs * updates;
  return {
    drawn: createRandom(`${seed}/rollouts/${iteration}/${pass}`)
      .shuffle(rows)
      .slice(from, from + size),
    next: isLast ? { epoch: iteration + 1, position: 0 } : { epoch: iteration, position: position + 1 },
  };
}
